"""Synthetic venues and load that come in as any client would, and the demo street."""
