"""What is done with experience videos: drafts, files, the word on them, questions, keeping."""
