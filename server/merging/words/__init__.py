"""Answers in a clerk's words, from the catalogue."""
