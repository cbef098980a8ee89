"""The shape of a graph: branches, loops, persistence, stability, consensus of covers, skeleton, diagnosis."""
