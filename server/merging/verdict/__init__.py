"""The judge of a plan: hard rules, quotas and the objective. Knows no search."""
