"""Workbooks taken in (导入): tables of the street, previewed and then entered at once."""
