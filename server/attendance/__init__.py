"""Who was there, and for how long: a fold over the audit log, its report, page, PDF and CSV."""
