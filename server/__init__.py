"""Pinhui (拼会): shared video meetings for a street office and its committees."""

__version__ = "0.1.0"
