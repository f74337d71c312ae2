"""The HTTP routes of payments, one file per kind of thing."""
