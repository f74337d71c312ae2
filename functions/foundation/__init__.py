"""Foundation: tenants, credentials, test clocks."""
