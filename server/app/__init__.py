"""The application, put together: everything below is built by itself and wired here."""
