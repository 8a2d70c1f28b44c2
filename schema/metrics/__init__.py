"""Figures in the promise."""
