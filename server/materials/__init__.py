"""Materials of agenda items (材料): which files an item has, and their pages as pictures."""
