"""What happens by itself: jobs recomputed from the tables, each done once (定时任务)."""
