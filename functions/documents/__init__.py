"""Documents: what a customer reads, an accountant books and a bank pays."""
