"""Backups (备份): everything an installation needs to stand again, in one file."""
