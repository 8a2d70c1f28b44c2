"""Shops, their settings and keys."""
