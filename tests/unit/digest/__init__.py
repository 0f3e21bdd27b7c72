"""Rules of the weekly digest."""
