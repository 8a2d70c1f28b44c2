"""`./zaide bench live`: one event to thousands of screens, ours beside the peers and the limit."""
