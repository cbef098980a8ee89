"""Activation images of a study: their targets, the batches they are made in, and contact sheets of them."""
