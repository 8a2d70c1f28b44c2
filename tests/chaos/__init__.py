"""Real processes, killed in the middle of a talk: nothing is lost and nothing is said twice."""
