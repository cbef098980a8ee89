"""Positions in the plane: layouts of graphs by stress, projections of points."""
