"""The hands: each file says which events it hears, and the one domain verb it calls."""
