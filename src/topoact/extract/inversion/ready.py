"""`get_ready`: imports that would delay the first activation image."""


def get_ready() -> None:
    """Make an optimiser, at the first of which torch imports modules for seconds."""
    import torch

    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
