"""Delivery: what leaves for channels that have to be called, and what comes in by them."""
