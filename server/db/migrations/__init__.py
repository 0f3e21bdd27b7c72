"""Alembic's folder: one file per step from release to release."""
