"""`warm_up`: imports that would delay the first activation image."""


def warm_up() -> None:
    """Make an optimiser, at the first of which torch imports modules for seconds."""
    import torch

    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
