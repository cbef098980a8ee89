"""Making the graphs of a layer: the engines, and the indexes that they keep."""
