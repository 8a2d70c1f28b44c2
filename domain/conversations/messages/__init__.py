"""What is said: written once, made safe, shown whole only to who may unmask."""
