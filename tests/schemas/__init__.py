"""What is said, by itself."""
