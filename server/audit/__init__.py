"""The append-only, chained log of who did what when (审计记录). Its form: docs/audit-format.md."""
