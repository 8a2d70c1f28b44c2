"""The business: nouns and their verbs. No HTTP server, no GraphQL, no language model."""
