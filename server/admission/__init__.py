"""Admission (准入) of meetings: what departments ask for, and who says that they may."""
