"""What is done with standing meetings and calls for items, in files by what they decide."""
