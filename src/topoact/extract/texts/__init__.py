"""Texts: where they come from, how they become tokens, and which vectors of a network are kept for them."""
