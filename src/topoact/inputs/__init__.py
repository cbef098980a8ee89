"""Inputs of a network: images, tensors and texts from folders, tables, archives and datasets."""
