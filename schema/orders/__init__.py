"""Orders in the promise."""
