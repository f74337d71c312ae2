"""A payment provider on this machine that answers as Stripe documents it; README.md says how far."""
