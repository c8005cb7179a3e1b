"""What every pinpad driver promises its actor, held against its simulator: one acceptance suite for all of them."""
