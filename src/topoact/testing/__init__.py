"""A slow, literal mapper and Hypothesis strategies: for tests alone."""
