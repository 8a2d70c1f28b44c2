"""People in the promise: agents, teams, customers, merchants, and whoever asks."""
