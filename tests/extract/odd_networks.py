"""Small networks whose layers give more, or other, than one row for each input."""

from typing import Any, NamedTuple

import torch
from torch import nn

from topoact.inputs.sources import DatasetSource

SERIES = torch.randn(4, 7, 5, generator=torch.Generator().manual_seed(0))


PHOTOS = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Steps(nn.Module):
    """Rows of time steps through a function of them, with a head."""

    def __init__(self, body: nn.Module, width: int = 8) -> None:
        super().__init__()
        self.body, self.relu, self.head = body, nn.ReLU(), nn.Linear(width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.relu(self.body(x)).mean(-1))


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase], *, batch_first: bool) -> None:
        super().__init__()
        self.rnn, self.drop, self.head = kind(5, 8, 2, batch_first=batch_first), nn.Dropout(), nn.Linear(8, 3)
        self.time = 1 if batch_first else 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output, _ = self.rnn(x if self.time else x.transpose(0, 1))
        return self.head(self.drop(output).mean(self.time))


class Attending(nn.Module):
    def __init__(self, *, batch_first: bool) -> None:
        super().__init__()
        self.proj, self.mha, self.norm = (
            nn.Linear(5, 8),
            nn.MultiheadAttention(8, 2, batch_first=batch_first),
            nn.ReLU(),
        )
        self.is_first = batch_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.proj(x if self.is_first else x.transpose(0, 1))
        return self.norm(x + self.mha(x, x, x)[0]).mean(1 if self.is_first else 0)


class ChannelsLast(nn.Module):
    """A block of ConvNeXt: a map whose channels go to the end and back."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.block, self.act = nn.Conv2d(3, 8, 3, padding=1), nn.Module(), nn.ReLU()
        self.block.norm, self.block.up, self.block.gelu, self.block.down = (
            nn.LayerNorm(8),
            nn.Linear(8, 16),
            nn.GELU(),
            nn.Linear(16, 8),
        )
        self.block.scale, self.block.forward = nn.Identity(), self._block
        self.head = nn.Linear(8, 3)

    def _block(self, x: torch.Tensor) -> torch.Tensor:
        part = self.block
        return part.scale(x + part.down(part.gelu(part.up(part.norm(x.permute(0, 2, 3, 1))))).permute(0, 3, 1, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.act(self.block(self.stem(x))).mean((2, 3)))


def windows(x: torch.Tensor, size: int = 2) -> torch.Tensor:
    """Windows of a map (B, H, W, C) as rows, (B windows, tokens, C)."""
    b, h, w, c = x.shape
    return x.view(b, h // size, size, w // size, size, c).transpose(2, 3).reshape(-1, size * size, c)


def whole(x: torch.Tensor, shape: torch.Size, size: int = 2) -> torch.Tensor:
    b, h, w, c = shape
    return x.view(b, h // size, w // size, size, size, c).transpose(2, 3).reshape(b, h, w, c)


class Windowed(nn.Module):
    """Attention over shifted windows of a map, as in Swin transformers, in whose place a linear layer stands."""

    def __init__(self, *, mixes: bool = False) -> None:
        super().__init__()
        self.stem, self.query, self.out, self.head = (
            nn.Conv2d(3, 8, 1),
            nn.Linear(8, 8),
            nn.Linear(8, 8),
            nn.Linear(8, 3),
        )
        self.end = nn.Identity()
        self.mixes = mixes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).permute(0, 2, 3, 1)
        rows = self.query(windows(x.roll((-1, -1), (1, 2))))
        rows = self.out(rows + rows.mean(1, keepdim=True))
        if self.mixes:
            return self.head(rows).view(len(x), -1, 3).mean(1)
        x = x + whole(rows, x.shape).roll((1, 1), (1, 2))
        return self.head(self.end(x).mean((1, 2)))


class Crops(nn.Module):
    """Two halves of each photo: as two rows one after the other, or as two batches that are joined."""

    def __init__(self, *, joined: bool) -> None:
        super().__init__()
        self.conv, self.flat, self.head, self.joined = nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(48, 3), joined

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        halves = x[..., :4], x[..., 4:]
        rows = torch.cat(halves) if self.joined else torch.stack(halves, 1).flatten(0, 1)
        rows = self.head(self.flat(self.conv(rows)))
        return rows.view(2, -1, 3).mean(0) if self.joined else rows.view(-1, 2, 3).mean(1)


class Odd(nn.Module):
    """Layers whose outputs have no axis of examples, or another than the first."""

    def __init__(self) -> None:
        super().__init__()
        names = ("table", "similar", "reversed", "folded", "halved", "five", "number", "last", "own", "plain")
        self.parts = nn.ModuleDict({name: nn.Identity() for name in names})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat, part = x.flatten(1), self.parts
        part["table"](torch.arange(12.0).view(3, 4))
        part["similar"](flat @ flat.T)
        part["reversed"](flat.flip(0))
        part["folded"](x.flatten(0, 1)[None])
        part["halved"](flat[: len(flat) // 2 + 1])
        part["five"](x[:, None])
        part["number"](flat.mean())
        part["last"](flat.T)
        part["plain"](flat)
        return part["own"](flat[:1])


class OneAtATime(nn.Module):
    """A network that takes a batch of one."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.swap = nn.Linear(5, 8), nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) != 1:
            raise ValueError("one at a time")
        return self.swap(self.body(x).transpose(0, 1)).mean(0)


class Parted(nn.Module):
    """Layers that give tuples, dicts and objects, and one that is called twice."""

    class Output(NamedTuple):
        hidden: torch.Tensor
        others: list[torch.Tensor]

    class Block(nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            return {"hidden_states": x * 2, "pair": (x, Parted.Output(x + 1, [x - 1]))}

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.fc, self.block = nn.GRU(5, 5, batch_first=True), nn.Linear(5, 5), Parted.Block()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.rnn(x)
        pair = self.block(self.fc(self.fc(x).relu()))["pair"]
        return (pair[1].hidden + pair[0]).mean(1)


def source(n: int = 4) -> DatasetSource:
    rows = [(SERIES[i % 4].mT, i % 2) for i in range(n)]
    return DatasetSource(rows, record={"kind": "rows", "spec": f"rows{n}", "n": n})


class Unclear(nn.Module):
    """Its only layer has no producer, and its maps have one size."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[1:] != (5, 7):
            raise ValueError
        return self.inner(x.cumsum(1).cumsum(2) @ torch.ones(7, 6)).mean(1)


class OfPositions(nn.Module):
    """A number for each position is added, and then one for each channel."""

    class Table(nn.Module):
        def __init__(self, *shape: int) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.randn(shape))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.table

    def __init__(self) -> None:
        super().__init__()
        self.first, self.times, self.act = nn.Linear(5, 8), OfPositions.Table(7, 1), nn.GELU()
        self.shift, self.head = OfPositions.Table(8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.shift(self.act(self.times(self.first(x))))).mean(1)


class Restless(nn.Module):
    """A network that overwrites its input, counts its passes and draws random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 4, 1), nn.Linear(4, 3)
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.sub_(0.5)
        self.passes += 1
        return self.head(self.body(x + torch.rand(1)).mean((2, 3)))


class Strange(nn.Module):
    """Layers that give no numbers, or positions that are no map."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.waves, self.sparse = nn.Conv2d(3, 8, 1), nn.Identity(), nn.Identity()
        self.norm, self.late, self.head = nn.LayerNorm(8), nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).permute(0, 2, 3, 1)
        self.waves(torch.fft.fft(x))
        self.sparse(x.to_sparse())
        self.late(x)
        return self.head(self.norm(windows(x).view(len(x), -1, 4, 8)).mean((1, 2)))


class Fixed(nn.Module):
    """Maps of one size through what shows no channel of its own, and one module under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.shares = nn.Conv2d(3, 6, 3), nn.LocalResponseNorm(3), nn.Softmax(1)
        self.whole, self.mask, self.gate = nn.LayerNorm((6, 6, 6)), nn.Conv2d(6, 1, 1), nn.Sigmoid()
        self.fold, self.head, self.act = nn.Unfold(2), nn.Linear(600, 3), nn.ReLU()
        self.again = self.act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.whole(self.shares(self.norm(self.conv(x))))
        x = self.fold(self.again(x) * self.gate(self.mask(x)))
        return self.head(x.flatten(1))


class Heads(nn.Module):
    """Attention with a bias that a layer makes of a table, whose heads then mix in a layer of their own."""

    def __init__(self, n_heads: int = 2) -> None:
        super().__init__()
        self.stem, self.qkv, self.proj = nn.Conv2d(3, 8, 2, 2), nn.Linear(8, 24), nn.Linear(8, 8)
        self.table, self.softmax = nn.Linear(2, n_heads), nn.Softmax(-1)
        self.talk, self.drop, self.n_heads = nn.Linear(n_heads, n_heads), nn.Identity(), n_heads
        self.register_buffer("places", torch.randn(1, 9, 9, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.stem(x[..., :6, :6]).flatten(2).mT
        b, n, c = tokens.shape
        q, k, v = self.qkv(tokens).reshape(b, n, 3, self.n_heads, c // self.n_heads).permute(2, 0, 3, 1, 4)
        weights = self.softmax(torch.nn.functional.normalize(q, dim=-1) @ k.mT + self.table(self.places).moveaxis(3, 1))
        weights = self.drop(self.talk(weights.moveaxis(1, 3)).moveaxis(3, 1))
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, c)).mean(1)


class Long(nn.Sequential):
    """Convolutions with several layers after each whose channels nothing but a pass shows."""

    def __init__(self, n_blocks: int = 12) -> None:
        blocks = [(nn.Conv2d(3, 3, 1), nn.SiLU(), nn.Identity(), nn.Dropout()) for _ in range(n_blocks)]
        super().__init__(*(layer for block in blocks for layer in block))
