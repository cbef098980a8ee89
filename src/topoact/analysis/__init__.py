"""What does a graph say? Classes, warnings, matches between graphs, and where to draw the nodes."""
