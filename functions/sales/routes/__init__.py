"""The HTTP routes of sales, one file per kind of thing."""
