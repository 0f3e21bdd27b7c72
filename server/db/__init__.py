"""The engine, transactions, column types and migrations; the one folder that knows the dialects."""
