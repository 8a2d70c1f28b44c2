"""The servers that ours are compared with, written as their users would. Nothing of them ships."""
