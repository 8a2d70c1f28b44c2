"""Channels: one file per outside world, all alike."""
