"""`NeighborIndex`: which points are within each radius, as bits, from which any cover gives a graph."""
