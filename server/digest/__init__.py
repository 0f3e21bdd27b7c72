"""The weekly digest (每周工作提示): issued once a week, written to every committee, and read."""
