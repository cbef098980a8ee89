"""Compiled kernels over tiles of vectors; called by `topoact.mapper.neighbors` and `topoact.mapper.indexes` alone."""
