"""min and max in a relation, unfolded into "and" and "or" where the relation is monotone in them.

a <= min(b, c) says a <= b and a <= c; min(a, b) <= c says a <= c or b <= c. An equation is two inequalities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .syntax import Node, Source

MOST = 64  # relations that one may unfold into
FLIPPED = {"GE": "LE", "GT": "LT"}


def is_extremum(node: Node) -> bool:
    """Whether it is min(..) or max(..)."""
    return node.kind == "call" and node.parts[0].kind == "name" and node.parts[0].text in ("min", "max")


def relations(node: Node) -> Iterator[Node]:
    """The links of a chain a <= b = c, one by one."""
    for i, (sign, mark) in enumerate(zip(node.signs, node.marks, strict=True)):
        yield node._replace(at=mark, parts=node.parts[i : i + 2], signs=(sign,), marks=(mark,), words=(node.words[i],))


class Unfolder:
    """Unfolds the relations of one text. natural: whether a name is a dimension, which is never negative."""

    def __init__(self, source: Source, natural: Callable[[str], bool]) -> None:
        self.source, self.natural = source, natural
        self.count = 0

    def unfold(self, node: Node) -> Node:
        """A relation as it is, or the conjunctions and disjunctions that it says. Raises TextError."""
        self.count = 0
        return self._unfold(node)

    def _unfold(self, node: Node) -> Node:
        left, right = node.parts
        found = self._first(left, True) or self._first(right, False)
        self.count += 1
        if found is None:
            return node
        extremum, rises = found
        if self.count > MOST:
            self.source.fail(node.at, f"this unfolds min and max into more than {MOST} relations")
        sign = node.signs[0]
        if sign == "NE":
            return Node("denial", node.at, (self._unfold(node._replace(signs=("EQ",))),))
        if sign == "EQ":
            both = (node._replace(signs=("LE",)), node._replace(signs=("GE",)))
            return self._joined(True, node.at, both)
        if sign in FLIPPED:
            return self._unfold(node._replace(signs=(FLIPPED[sign],), parts=(right, left)))
        choices = [
            node._replace(parts=(_replaced(left, extremum, value), _replaced(right, extremum, value)))
            for value in extremum.parts[1:]
        ]
        # Here left <= right. `rises`: what is said becomes stronger as the extremum grows.
        return self._joined((extremum.parts[0].text == "max") == rises, node.at, tuple(choices))

    def _joined(self, every: bool, at: int, parts: tuple[Node, ...]) -> Node:
        made = tuple(map(self._unfold, parts))
        return made[0] if len(made) == 1 else Node("conjunction" if every else "disjunction", at, made)

    def _first(self, node: Node, rises: bool) -> tuple[Node, bool] | None:
        """The first min or max, and whether the node grows with it (or shrinks, where it is told so)."""
        if is_extremum(node):
            if len(node.parts) < 2:
                self.source.fail(node.at, f"{node.parts[0].text} needs values, as in {node.parts[0].text}(a, b)")
            return node, rises
        if node.kind == "sum":
            signs = ("PLUS", *node.signs)
            found = (self._first(p, rises == (s == "PLUS")) for s, p in zip(signs, node.parts, strict=True))
            return next((f for f in found if f is not None), None)
        if node.kind == "negative":
            return self._first(node.parts[0], not rises)
        inside = [(p, f) for p in node.parts if (f := self._first(p, rises)) is not None]
        if not inside:
            return None
        (part, found_inside), *others = inside
        if node.kind == "product" and not others:
            factors = [p for p in node.parts if p is not part]
            divided = any(p is part for s, p in zip(("STAR", *node.signs), node.parts, strict=True) if s == "SLASH")
            signs_of = [self._sign(p) for p in factors]
            if not divided and 0 not in signs_of:
                return found_inside[0], found_inside[1] == (signs_of.count(-1) % 2 == 0)
        self.source.fail(
            found_inside[0].at,
            f"{found_inside[0].parts[0].text} can be unfolded in sums and in products with numbers and dimensions "
            "only: write a letter for it, with hypotheses",
        )

    def _sign(self, node: Node) -> int:
        """1 for what is never negative, -1 for what is never positive, 0 for what is not known."""
        if node.kind == "number":
            return 1
        if node.kind == "name":
            return int(self.natural(node.text))
        if node.kind == "negative":
            return -self._sign(node.parts[0])
        if node.kind == "call" and node.parts[0].kind == "name":
            return int(node.parts[0].text in ("rank", "norm2"))
        return 0


def _replaced(node: Node, old: Node, new: Node) -> Node:
    if node is old:
        return new
    if not node.parts:
        return node
    parts = tuple(_replaced(p, old, new) for p in node.parts)
    return node if all(p is q for p, q in zip(parts, node.parts, strict=True)) else node._replace(parts=parts)
