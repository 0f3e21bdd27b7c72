"""Accounts, roles, logins, and the one table of who may use which route and command."""
