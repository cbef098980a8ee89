"""Get ready before anybody waits."""


def warm_up() -> None:
    """Import what torch imports when an optimiser is first made, which takes seconds."""
    import torch

    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
