"""Bank files: good ones of any size, broken ones of every kind, and what foreign programs read in them."""
