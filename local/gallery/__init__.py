"""Documents over languages, currencies, kinds and lengths, to look at: `make gallery`."""
