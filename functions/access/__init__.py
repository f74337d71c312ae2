"""Access Control: who may do what, and why not."""
