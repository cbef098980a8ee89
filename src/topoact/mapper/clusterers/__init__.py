"""Clusterers, which make nodes of the points of an interval, and rules for ε."""
