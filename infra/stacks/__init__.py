"""One stack per subsystem, each alone deployable."""
