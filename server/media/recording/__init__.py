"""Writing down the packets of a room as they come (录像): what is taken, the files, the writer."""
