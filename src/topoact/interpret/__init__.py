"""What the network of a study says of a vector or an input: class attribution, logit lens, queries, inversion."""
