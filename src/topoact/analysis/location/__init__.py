"""Where new vectors lie in a graph: located nodes, nearest examples, novelty."""
