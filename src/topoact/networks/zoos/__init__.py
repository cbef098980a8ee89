"""zoos."""
