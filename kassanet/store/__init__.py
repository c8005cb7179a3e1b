"""Where the journal is kept on disk."""
