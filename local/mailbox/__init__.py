"""Sent mail on a page, as the person it was written to reads it."""
