"""For tests and benchmarks: a slow, literal mapper (`oracle`), Hypothesis strategies, small networks and studies."""
