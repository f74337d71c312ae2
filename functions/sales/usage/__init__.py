"""Usage: taken at the door, kept as an append-only log, counted exactly whenever it is rated."""
