"""What every register driver promises, held against its simulator: one acceptance suite for all of them."""
