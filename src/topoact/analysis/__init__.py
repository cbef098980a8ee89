"""Interpretation of mapper graphs: shape, stability, classes, location of new vectors, and drawings."""
