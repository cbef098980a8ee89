"""Cycles of a graph over the field of two elements: `Forest`, `Span`, `shortest_basis`.

Sets of edges are the bits of whole numbers, and their sum is the exclusive or.
"""

from collections.abc import Iterable, Mapping, Sequence

Edge = tuple[int, int]


class Forest:
    """Disjoint sets under union; each node knows the sum of the values of the edges on the path to its root."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._sum: dict[int, int] = {}
        self._size: dict[int, int] = {}

    def find(self, node: int) -> tuple[int, int]:
        """Return the root of a node, and the sum on the path to it."""
        total = 0
        while (above := self._above.get(node, node)) != node:
            total, node = total ^ self._sum[node], above
        return node, total

    def join(self, edge: Edge, value: int = 0) -> int | None:
        """Join the ends of an edge; where they are joined already, return the sum around the cycle that it closes."""
        (first, one), (second, other) = self.find(edge[0]), self.find(edge[1])
        if first == second:
            return one ^ other ^ value
        sizes = self._size.get(first, 1), self._size.get(second, 1)
        large, small = (first, second) if sizes[0] >= sizes[1] else (second, first)
        self._above[small], self._sum[small], self._size[large] = large, one ^ other ^ value, sum(sizes)
        return None


class Span:
    """The space that vectors span, in echelon form; each row records of which of the vectors it is the sum."""

    def __init__(self, vectors: Iterable[int] = ()) -> None:
        self.rows: dict[int, tuple[int, int]] = {}
        for vector in vectors:
            self.add(vector)

    def reduce(self, vector: int) -> tuple[int, int]:
        """Return a vector reduced by the rows, and which of the added vectors were subtracted for that."""
        subtracted = 0
        while vector and (row := self.rows.get(vector.bit_length())):
            vector, subtracted = vector ^ row[0], subtracted ^ row[1]
        return vector, subtracted

    def add(self, vector: int) -> int:
        """Add a vector; return the number of its leading bit once reduced, from 1; 0 where it is in the span."""
        reduced, subtracted = self.reduce(vector)
        if reduced:
            self.rows[reduced.bit_length()] = reduced, subtracted ^ 1 << len(self.rows)
        return reduced.bit_length()


def adjacency(n_nodes: int, edges: Iterable[Edge]) -> list[list[int]]:
    """Return the neighbours of each node."""
    beside: list[list[int]] = [[] for _ in range(n_nodes)]
    for first, second in edges:
        beside[first].append(second)
        beside[second].append(first)
    return beside


def breadth_first(beside: Mapping[int, Sequence[int]] | Sequence[Sequence[int]], root: int) -> dict[int, int]:
    """Return the predecessor of each node that a root reaches, the nearest first; of the root the root."""
    before, queue = {root: root}, [root]
    for node in queue:
        for other in beside[node]:
            if other not in before:
                before[other] = node
                queue.append(other)
    return before


def way(before: Mapping[int, int], node: int) -> list[int]:
    """Return the nodes on the path from one to the root."""
    nodes = [node]
    while (above := before[nodes[-1]]) != nodes[-1]:
        nodes.append(above)
    return nodes


def shortest_basis(n_nodes: int, classes: Mapping[Edge, int], rank: int) -> list[tuple[list[int], int]]:
    """Return short cycles whose classes are independent, and these classes.

    Of all bases it is one of least total length (Erickson, Whittlesey 2005): shortest cycles are taken
    greedily among those through an end of an edge whose class is not 0, as every cycle of a basis has such an edge.

    Parameters
    ----------
    n_nodes
        Nodes of the graph.
    classes
        Its edges; the class of a cycle is the sum of those of its edges.
    rank
        How many cycles to find.
    """
    beside = adjacency(n_nodes, classes)
    both = {(b, a): value for (a, b), value in classes.items()} | dict(classes)
    shortest: dict[int, tuple[int, int, Edge]] = {}
    for root in sorted({edge[0] for edge, value in classes.items() if value}) if rank else ():
        before = breadth_first(beside, root)
        depth, total = {root: 0}, {root: 0}
        for node, above in list(before.items())[1:]:
            depth[node], total[node] = depth[above] + 1, total[above] ^ both[node, above]
        for edge, value in classes.items():
            if edge[0] in before and (cycle := total[edge[0]] ^ total[edge[1]] ^ value):
                candidate = depth[edge[0]] + depth[edge[1]] + 1, root, edge
                shortest[cycle] = min(shortest.get(cycle, candidate), candidate)
    span, basis = Span(), list[tuple[list[int], int]]()
    for cycle, (_, root, edge) in sorted(shortest.items(), key=lambda item: item[1]):
        if len(basis) < rank and span.add(cycle):
            first, second = (way(breadth_first(beside, root), end) for end in edge)
            basis.append((first[::-1] + second[:-1], cycle))
    return basis
