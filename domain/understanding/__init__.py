"""What was understood of a message: readings, the intents they name, and who reads."""
