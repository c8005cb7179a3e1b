"""Who lives: the actor runtime, and one file for each kind of actor."""
