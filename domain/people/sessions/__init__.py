"""Log-ins and the sessions they open."""
