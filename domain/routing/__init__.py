"""The right person: presence, capacity, who takes what waits."""
