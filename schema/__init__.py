"""The promise: what clients may ask, do and follow."""
