"""The street's own data: office, departments, committees with posts, venues and their tokens."""
