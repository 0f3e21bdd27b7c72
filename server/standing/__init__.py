"""Standing meetings (固定例会) and the call for items (征集议题) before each of them."""
