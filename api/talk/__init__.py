"""Scripted customers who talk through the public widget door, while you watch the console."""

from api.talk.play import NobodyOpens, Outcome, talk

__all__ = ["NobodyOpens", "Outcome", "talk"]
