"""What is measured: one command a figure, reported and not asserted."""
