"""The only code that knows AWS: clients, tables, queues, the bus, HTTP."""
