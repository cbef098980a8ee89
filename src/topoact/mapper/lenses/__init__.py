"""Lenses, functions from activation vectors to numbers: by name (`registry`), principal components, distances."""
