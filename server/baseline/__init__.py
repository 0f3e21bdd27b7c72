"""Meetings held before the system was there: what the burden of today is compared with."""
