"""The words every feature shares. Standard library only; imports nothing else of ours."""
