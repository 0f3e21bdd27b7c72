"""The merge board: the working plan of the street, changed by hand or by search, then published."""
