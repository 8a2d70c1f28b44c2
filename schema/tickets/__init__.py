"""Tickets in the promise."""
