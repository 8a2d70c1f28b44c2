"""Who has the word: the bot, the queue, an agent; and when an episode ends."""
