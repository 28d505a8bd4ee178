"""Sizes of I and 0 that the author leaves out: they follow from what these are added to, multiplied by, compared with.

Each part of a relation has a shape of two sizes, some still unknown. Equal sizes are put together at once; products,
blocks and families are rules that are tried until none of them finds anything new. Where shapes do not fit, nothing is
said here: the language says it, when the expressions are made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ...kernel.terms import ONE, ZERO, Nat
from .scope import Difference

Rule: TypeAlias = Callable[[bool], bool]  # told whether to guess, says whether it is done


class Size:
    """A number of rows or columns, perhaps not known yet."""

    def __init__(self, value: Nat | None = None) -> None:
        self._value, self._same = value, self

    def _root(self) -> Size:
        root = self
        while root._same is not root:
            root._same = root._same._same
            root = root._same
        return root

    @property
    def value(self) -> Nat | None:
        """What it is, where that is known."""
        return self._root()._value

    def agrees(self, other: Size) -> bool:
        """Whether the two are one size, known or not."""
        return self._root() is other._root() or (self.value is not None and self.value == other.value)

    def equate(self, other: Size) -> None:
        """Make the two one size, if at most one is known."""
        one, two = self._root(), other._root()
        if one is two or (one._value is not None and two._value is not None):
            return
        one._value = two._value if one._value is None else one._value
        two._same = one


class Shape(NamedTuple):
    """Rows and columns."""

    rows: Size
    cols: Size

    @property
    def flipped(self) -> Shape:
        """That of the transpose."""
        return Shape(self.cols, self.rows)

    @property
    def is_scalar(self) -> bool:
        """Whether it is known to be 1 x 1."""
        return self.rows.value == ONE == self.cols.value

    @property
    def is_matrix(self) -> bool:
        """Whether it is known to be no scalar."""
        return any(s.value is not None and s.value != ONE for s in self)

    def equate(self, other: Shape) -> None:
        """Make the two one shape, where sizes are not known."""
        self.rows.equate(other.rows)
        self.cols.equate(other.cols)


def unknown() -> Shape:
    """A shape of which nothing is known."""
    return Shape(Size(), Size())


def known(rows: Nat, cols: Nat) -> Shape:
    """This shape."""
    return Shape(Size(rows), Size(cols))


def scalar() -> Shape:
    """1 x 1."""
    return known(ONE, ONE)


def product_rule(left: Shape, right: Shape, whole: Shape) -> Rule:
    """The shape of a product: matrices share the inner size, a scalar goes with any shape."""

    def rule(guess: bool) -> bool:
        inner = left.cols.value
        if inner is not None and inner == right.rows.value:
            Shape(left.rows, right.cols).equate(whole)
        elif left.is_scalar:
            right.equate(whole)
        elif right.is_scalar:
            left.equate(whole)
        elif guess or (left.is_matrix and right.is_matrix):
            left.cols.equate(right.rows)
            Shape(left.rows, right.cols).equate(whole)
        else:
            return False
        return True

    return rule


class Split(NamedTuple):
    """The heights, or the widths, of blocks, and their sum."""

    parts: list[Size]
    whole: Size


def split_rule(split: Split, others: list[Split]) -> Rule:
    """The sizes of blocks add up; where they do not follow, they are those of other blocks of the same total size."""

    def rule(guess: bool) -> bool:
        parts, whole = split
        open_ = [s for s in parts if s.value is None]
        total = Difference(ZERO)
        for s in parts:
            total += Difference(s.value or ZERO)
        if not open_:
            whole.equate(Size(total.nat))
        elif len(open_) == 1 and whole.value is not None:
            open_[0].equate(Size((Difference(whole.value) + -total).nat))
        elif guess:
            alike = (s for s in others if s is not split and len(s.parts) == len(parts) and whole.agrees(s.whole))
            for one, two in zip(parts, next(alike, split).parts, strict=True):
                one.equate(two)
            return False
        else:
            return False
        return True

    return rule


def settle(rules: list[Rule]) -> None:
    """Try all rules until none finds anything new; where nothing is sure any more, guess, then go on."""
    pending, stalled = rules, 0
    while pending and stalled < 4:
        left = [rule for rule in pending if not rule(stalled % 2 == 1)]
        stalled = stalled + 1 if len(left) == len(pending) else 0
        pending = left[::-1]
