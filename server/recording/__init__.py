"""Recordings (录像) after the session: sealed, repaired, listed, made into films."""
