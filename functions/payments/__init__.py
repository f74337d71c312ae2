"""Payment Collection: methods, attempts, outcomes, and the books of money that moved."""
