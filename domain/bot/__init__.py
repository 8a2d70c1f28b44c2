"""The bot: answers what it knows, asks for what is missing once, and hands over in time."""
