"""Timelines, conversations and messages: what was said, by whom, and who has the word."""
