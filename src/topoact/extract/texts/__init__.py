"""Texts: their sources, their tokens, and the vectors of a network that are kept for them."""
