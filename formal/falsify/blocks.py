"""The injections of a direct sum, at their standard values: columns of the identity, one block after the other.

With E'E = I, F'F = I, E'F = 0 and E E' + F F' = I nothing is lost by that: a turn of the sum takes any such E and F
there, and all that lives on the sum is turned with them.
"""

from __future__ import annotations

from flint import fmpq_mat

from .exact import Mat
from .network import Network


def standard_values(net: Network) -> dict[int, Mat]:
    """The places that are injections of a direct sum, with their values; none where their sizes do not add up."""
    place_of = {node: p for p, node in enumerate(net.place_nodes)}
    found: dict[int, Mat] = {}
    for r in net.relations:
        if not r.given or r.op != "eq" or not net.deps[r.left] | net.deps[r.right]:
            continue
        for total, one in ((r.left, r.right), (r.right, r.left)):
            places = [place_of.get(x, -1) for x in _squares(net, total)]
            if net.is_identity(one) and len(places) > 1 and min(places) >= 0 and not found.keys() & set(places):
                found |= _columns(net, places)
    return found


def _squares(net: Network, node: int) -> list[int]:
    """[E, F] for E E' + F F'; [-1] for what is no such sum."""
    if net.ops[node] == "add":
        return [x for part in net.args[node] for x in _squares(net, part)]
    if net.ops[node] == "mul":
        left, right = net.args[node]
        if net.ops[right] == "T" and net.args[right] == (left,):
            return [left]
    return [-1]


def _columns(net: Network, places: list[int]) -> dict[int, Mat]:
    shapes = [net.shape(p) for p in places]
    if len(set(places)) < len(places) or sum(cols for _, cols in shapes) != shapes[0][0]:
        return {}
    found, start = {}, 0
    for p, (rows, cols) in zip(places, shapes, strict=True):
        found[p] = fmpq_mat(rows, cols, [int(i == j + start) for i in range(rows) for j in range(cols)])
        start += cols
    return found
