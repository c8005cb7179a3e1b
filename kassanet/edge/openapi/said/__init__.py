"""What is said of each route, one module for each blueprint. A test compares them with the routes that exist."""
