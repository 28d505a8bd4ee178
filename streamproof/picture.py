"""The dependency graph of a book as a drawing: an arrow from each claim to those whose proofs stand on it.

The claims that hang together are drawn in layers from left to right, and the drawings are set side by side; claims that
neither cite nor are cited stand below them. The arrows are those of the certificates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias
from xml.etree import ElementTree

import networkx as nx

from formal.claims import DEFINITION, ILL_TYPED, PROVED, REFUTED

COLOURS = {  # filling and border
    PROVED: ("#dcf1e0", "#2e7d32"),
    REFUTED: ("#fbdedc", "#c62828"),
    ILL_TYPED: ("#eedff7", "#7b1fa2"),
    DEFINITION: ("#dde9fa", "#1565c0"),
}
WIDTH, HEIGHT = 76, 22  # of the box of a claim
ACROSS, DOWN = 64, 10  # the space between two layers, and between two claims of one
LANE = 8  # what an arrow takes that passes through a layer
PAGE = 1280  # about the width of the whole
SWEEPS = 12

Node: TypeAlias = Hashable  # a claim's id, or a place through which a long arrow passes


@dataclass(frozen=True)
class Box:
    """A claim in the drawing."""

    id: str
    title: str
    verdict: str
    axioms: bool
    link: str


def dependency_graph(boxes: Sequence[Box], cites: Mapping[str, Sequence[str]]) -> nx.DiGraph:
    """An edge from each claim to those that cite it."""
    graph = nx.DiGraph()
    graph.add_nodes_from(b.id for b in boxes)
    graph.add_edges_from((used, b.id) for b in boxes for used in cites.get(b.id, ()))
    return graph


def svg(boxes: Sequence[Box], cites: Mapping[str, Sequence[str]]) -> str:
    """The drawing as an SVG document; every box leads to the page of its claim."""
    graph = dependency_graph(boxes, cites)
    order = {b.id: i for i, b in enumerate(boxes)}
    parts = [sorted(c, key=order.__getitem__) for c in nx.weakly_connected_components(graph)]
    drawings = [Drawing(graph.subgraph(c), c) for c in parts if len(c) > 1]
    drawings.sort(key=lambda d: (-d.height, order[d.ids[0]]))
    alone = sorted((c[0] for c in parts if len(c) == 1), key=order.__getitem__)

    width = max([PAGE, *(d.width for d in drawings)])
    corners, top = _packed(drawings, width)
    places: dict[Node, tuple[float, float]] = {}
    routes: dict[tuple[str, str], list[Node]] = {}
    for d, (x, y) in zip(drawings, corners, strict=True):
        places |= {n: (x + px, y + py) for n, (px, py) in d.places.items()}
        routes |= d.routes
    columns = max(1, int((width + DOWN) // (WIDTH + DOWN)))
    for i, claim_id in enumerate(alone):
        places[claim_id] = (i % columns) * (WIDTH + DOWN), top + 2 * DOWN + (i // columns) * (HEIGHT + DOWN)
    height = max([y + HEIGHT for n, (_, y) in places.items() if isinstance(n, str)], default=0)
    return _document(boxes, places, routes, width, height, top if alone else None)


def _packed(drawings: Sequence[Drawing], width: float) -> tuple[list[tuple[float, float]], float]:
    """Corners for drawings that come highest first, and where the next row begins.

    A row is as high as its first drawing; beside that stand columns of others, as many one below the other as fit.
    """
    corners: list[tuple[float, float]] = []
    top = bottom = left = right = below = 0.0  # of the row; of the column
    for d in drawings:
        if corners and below + d.height <= bottom and left + d.width <= width:
            right = max(right, left + d.width)
        elif corners and right + ACROSS + d.width <= width:
            left, below = right + ACROSS, top
            right = left + d.width
        else:
            top = bottom + 3 * DOWN if corners else 0.0
            left, right, below, bottom = 0.0, d.width, top, top + d.height
        corners.append((left, below))
        below += d.height + 3 * DOWN
    return corners, bottom + 5 * DOWN if corners else 0.0


class Drawing:
    """Claims that hang together, in layers: every arrow leads to the right, long ones through lanes of their own."""

    def __init__(self, graph: nx.DiGraph, ids: Sequence[str]) -> None:
        self.ids = ids
        self.routes: dict[tuple[str, str], list[Node]] = {}
        layers = _layers(graph)
        self._columns: list[list[Node]] = [[] for _ in range(1 + max(layers.values()))]
        self._left: dict[Node, list[Node]] = defaultdict(list)  # neighbours in the layer to the left
        self._right: dict[Node, list[Node]] = defaultdict(list)
        for claim_id in ids:
            self._columns[layers[claim_id]].append(claim_id)
        for one, two in sorted(graph.edges):
            between = range(layers[one] + 1, layers[two])
            self.routes[one, two] = [one, *((one, two, i) for i in between), two]
            for i in between:
                self._columns[i].append((one, two, i))
            for left, right in pairwise(self.routes[one, two]):
                self._right[left].append(right)
                self._left[right].append(left)
        self._order()
        self._settle()

    def _order(self) -> None:
        """Each layer in the order of the middles of its neighbours on one side, to and fro: few arrows cross."""
        places = {n: i for column in self._columns for i, n in enumerate(column)}

        def middle(n: Node, near: Mapping[Node, list[Node]]) -> tuple[float, int]:
            return sum(places[m] for m in near[n]) / len(near[n]) if near[n] else places[n], places[n]

        for sweep in range(SWEEPS):
            forth = sweep % 2 == 0
            for column in self._columns if forth else reversed(self._columns):
                column.sort(key=partial(middle, near=self._left if forth else self._right))
                places |= {n: i for i, n in enumerate(column)}

    def _settle(self) -> None:
        """Heights: everything near the middle of its neighbours, nothing over anything else."""
        y = {n: i * float(HEIGHT + DOWN) for column in self._columns for i, n in enumerate(column)}
        for sweep in range(SWEEPS):
            for column in self._columns if sweep % 2 else reversed(self._columns):
                near = [self._left[n] + self._right[n] for n in column]
                wanted = [sum(y[m] for m in ms) / len(ms) for ms in near]
                y |= zip(column, _apart(wanted, [_size(n) for n in column]), strict=True)
        least = min(y[n] - _size(n) / 2 for n in y)
        self.height = max(y[n] + _size(n) / 2 for n in y) - least
        self.width = len(self._columns) * (WIDTH + ACROSS) - ACROSS
        self.places: dict[Node, tuple[float, float]] = {
            n: (i * (WIDTH + ACROSS), y[n] - _size(n) / 2 - least)
            for i, column in enumerate(self._columns)
            for n in column
        }


def _size(n: Node) -> int:
    return HEIGHT if isinstance(n, str) else LANE


def _layers(graph: nx.DiGraph) -> dict[str, int]:
    """Claims that rest on nothing come as late as those that use them allow: short arrows."""
    layers = {n: i for i, layer in enumerate(nx.topological_generations(graph)) for n in layer}
    for n in reversed(list(nx.topological_sort(graph))):
        if graph.out_degree(n):
            layers[n] = min(layers[m] for m in graph.successors(n)) - 1
    return layers


def _apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """The heights nearest to those wanted, in this order, at which things of these sizes do not overlap.

    Least squares under an order: what is too near is put together into a block, which goes where its parts want it.

    >>> _apart([0.0, 0.0, 100.0], [22, 22, 22])
    [-16.0, 16.0, 100.0]
    """
    before = [0.0]
    for one, two in pairwise(sizes):
        before.append(before[-1] + (one + two) / 2 + DOWN)
    blocks: list[tuple[float, int]] = []  # the mean of what is wanted less what lies before, and how many
    for want, offset in zip(wanted, before, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, n = blocks.pop()
            mean, count = (mean * count + other * n) / (count + n), count + n
        blocks.append((mean, count))
    means = [mean for mean, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, before, strict=True)]


# ---------------------------------------------------------------- SVG
MARGIN, HEAD = 20, 56


def _document(
    boxes: Sequence[Box],
    places: Mapping[Node, tuple[float, float]],
    routes: Mapping[tuple[str, str], Sequence[Node]],
    width: float,
    height: float,
    alone: float | None,
) -> str:
    size = {"width": _number(width + 2 * MARGIN), "height": _number(height + HEAD + MARGIN)}
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {size['width']} {size['height']}",
            **size,
            "font-family": "Helvetica, Arial, sans-serif",
            "font-size": "12",
        },
    )
    marker = _add(_add(root, "defs"), "marker", id="to", viewBox="0 0 8 8", refX=7, refY=4, markerWidth=7)
    marker.attrib |= {"markerHeight": "7", "orient": "auto"}
    _add(marker, "path", d="M0,0 L8,4 L0,8 z", fill="#78838c")
    _add(root, "rect", width="100%", height="100%", fill="#ffffff")
    _legend(root, any(b.axioms for b in boxes))
    inner = _add(root, "g", transform=f"translate({MARGIN},{HEAD})")
    for route in routes.values():
        _add(inner, "path", d=_curve([places[n] for n in route]), fill="none", stroke="#a3adb5", marker_end="url(#to)")
    if alone is not None:
        words = "These rest on no other claim, and no other rests on them:"
        _add(inner, "text", x=0, y=alone + DOWN / 2, fill="#555555").text = words
    for b in boxes:
        x, y = places[b.id]
        _box(inner, b, x, y)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _legend(root: ElementTree.Element, axioms: bool) -> None:
    legend = _add(root, "g", transform=f"translate({MARGIN},{MARGIN})")
    x = 0
    for verdict in COLOURS:
        _rect(legend, x, 0, verdict, False)
        _add(legend, "text", x=x + WIDTH / 2, y=15, text_anchor="middle").text = verdict
        x += WIDTH + DOWN
    if axioms:
        _rect(legend, x, 0, PROVED, True)
        _add(legend, "text", x=x + WIDTH / 2, y=15, text_anchor="middle").text = "on an axiom"
        x += WIDTH + DOWN
    words = "An arrow leads from a claim to one whose proof stands on it."
    _add(legend, "text", x=x + DOWN, y=15, fill="#555555").text = words


def _box(parent: ElementTree.Element, b: Box, x: float, y: float) -> None:
    link = _add(parent, "a", href=b.link)
    _add(link, "title").text = f"{b.id}: {b.title} ({b.verdict})"
    _rect(link, x, y, b.verdict, b.axioms)
    _add(link, "text", x=x + WIDTH / 2, y=y + 15, text_anchor="middle", fill="#1c2226").text = b.id


def _rect(parent: ElementTree.Element, x: float, y: float, verdict: str, dashed: bool) -> None:
    fill, stroke = COLOURS[verdict]
    dash = {"stroke_dasharray": "4 2"} if dashed else {}
    _add(parent, "rect", x=x, y=y, width=WIDTH, height=HEIGHT, rx=5, fill=fill, stroke=stroke, **dash)


def _curve(places: Sequence[tuple[float, float]]) -> str:
    """From the right side of the first box through the lanes to the left side of the last."""
    (x, y), last = places[0], len(places) - 1
    x, y = x + WIDTH, y + HEIGHT / 2
    text = f"M{_number(x)},{_number(y)}"
    for i, (left, above) in enumerate(places[1:], 1):
        y_next = above + (HEIGHT if i == last else LANE) / 2
        bend = (left - x) / 2
        text += f" C{_number(x + bend)},{_number(y)} {_number(left - bend)},{_number(y_next)} "
        text += f"{_number(left)},{_number(y_next)}"
        x, y = left, y_next
        if i != last:
            x += WIDTH
            text += f" H{_number(x)}"
    return text


def _add(parent: ElementTree.Element, tag: str, **attributes: Any) -> ElementTree.Element:
    found = {k.replace("_", "-"): v if isinstance(v, str) else _number(v) for k, v in attributes.items()}
    return ElementTree.SubElement(parent, tag, found)


def _number(x: float) -> str:
    """To a tenth, and no more digits than it takes."""
    return f"{x:.1f}".removesuffix(".0")
