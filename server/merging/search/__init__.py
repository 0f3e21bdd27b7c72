"""The search for a plan: at once, better for as long as asked, and after a change by hand."""
