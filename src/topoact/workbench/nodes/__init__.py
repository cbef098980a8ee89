"""The nodes of a stored graph: class attribution, logit lens, key terms, and the selection of nodes by options."""
