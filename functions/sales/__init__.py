"""Sales Modeling & Processing: offers, customers, subscriptions, usage, invoices."""
