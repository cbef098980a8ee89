"""Labels and words over a graph: class counts, mutual information, key terms."""
