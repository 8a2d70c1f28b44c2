"""Deadlines that fall due: found by their column, marked once, each an event."""
