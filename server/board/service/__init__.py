"""Use cases of the board: kept and changed, searched, published."""
