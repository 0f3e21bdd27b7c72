"""What is done with requests: one use case per function, in files by what they decide."""
