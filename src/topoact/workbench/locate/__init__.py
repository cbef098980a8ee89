"""Locating an input of the user's in the graphs of a study."""
