"""Messaging & Notification: what a customer is told, once, in their language, while it is still true."""
