"""The media plane: a forwarding unit in a process of its own; it knows peers, sources and slots."""
