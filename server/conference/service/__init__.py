"""What is done with live sessions, in files by what they decide."""
