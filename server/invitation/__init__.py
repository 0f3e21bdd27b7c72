"""Invitations (邀请) to sessions by mail, the answers to them, and calendars to subscribe."""
