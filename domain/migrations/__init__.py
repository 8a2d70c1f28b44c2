"""Migrations. They import nothing from the nouns."""
