"""How do activations come out of a network? The only room that imports torch, and only when it is needed."""
