"""What only SQLite can get wrong: its file, its log, its errors, its plans."""
