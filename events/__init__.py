"""The contracts: what the subsystems say to each other. Empty on purpose: one producer loads alone."""
