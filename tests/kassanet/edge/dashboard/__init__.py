"""What the dashboard is served with: its files, and the diary of registers."""
