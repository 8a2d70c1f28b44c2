"""Deadlines: when something must have happened. Columns, not timers."""
