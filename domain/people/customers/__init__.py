"""Customers who become known."""
