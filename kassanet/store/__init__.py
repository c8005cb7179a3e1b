"""The store behind the journal: where it lies, who may hold it, how it is copied; one folder for each engine."""
