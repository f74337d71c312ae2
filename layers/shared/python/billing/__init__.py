"""What every subsystem shares: the pure core, and the one layer that knows AWS."""
