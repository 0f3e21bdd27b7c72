"""Requests merged into shared sessions: rules, quotas, plans, and the timers that open sessions."""
