"""The pure rules of billing: values in, values and facts out; no clock, id, table or logger inside."""
