"""Which points are near each other? The index, exact nearest neighbours, and the machine code beneath them."""
