"""Pages that show several features at once: the menu and the first screens."""
