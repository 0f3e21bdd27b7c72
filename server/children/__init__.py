"""Child processes: what may take long, much memory, or strangers' files, happens in one."""
