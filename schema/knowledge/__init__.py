"""Articles and templates in the promise."""
