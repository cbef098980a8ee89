"""Activation images of a study: targets, batches, contact sheets."""
