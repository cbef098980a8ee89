"""Covers of the range of one or several lenses, and the pullback of their intervals."""
