"""Tickets: work that remains, with a number to quote, an owner and a deadline."""
