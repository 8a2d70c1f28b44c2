"""Conversations and their messages in the promise."""
