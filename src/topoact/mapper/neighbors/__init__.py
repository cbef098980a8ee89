"""Neighbour search: `NeighborIndex`, exact nearest neighbours (`k_nearest`), and their compiled kernels."""
