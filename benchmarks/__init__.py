"""Measurements that docs/benchmarks.md quotes: ``python -m benchmarks``; no part of the installed package."""
