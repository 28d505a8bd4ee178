"""Making expressions with the place of what is wrong, and within bounds.

A normal form can be exponentially larger than its text, so what a term would be when it is multiplied out is counted
before anything is.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..errors import StatementError, TextError
from ..language import Expression, lift
from .syntax import Source

WORDS, LETTERS = 10_000, 1_000  # of a term that is multiplied out: its summands, and the factors of one
ALL_WORDS = 100_000  # of all terms together
NUMERALS = 100  # digits of a number that was computed


class Maker:
    """Makes the expressions of one text; what the language says of their shapes is said of the place."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._total = 0
        self._weights: dict[int, tuple[Expression, int, int]] = {}

    def made(self, make: Callable[[], Expression], at: int) -> Expression:
        """What `make` makes, within bounds. Raises TextError for the place where the language refuses it."""
        return self.weighed(self._tried(make, at), at)

    def _tried(self, make: Callable[[], Expression], at: int, hint: str = "") -> Expression:
        try:
            return make()
        except TextError:
            raise
        except StatementError as e:
            self.source.fail(at, _shortened(str(e)) + hint, e.op, e.parts)

    def plus(self, a: Expression, b: Expression, minus: bool, at: int, hint: str) -> Expression:
        """a + b or a - b; numbers are computed. The sum is not weighed yet: it may be long, and is at its end."""
        if a.op == "number" == b.op:
            return self._computed(a.data[0] + (-b.data[0] if minus else b.data[0]), at)
        return self._tried(lambda: a - b if minus else a + b, at, hint)

    def times(self, a: Expression, b: Expression, at: int) -> Expression:
        """a*b; numbers are computed."""
        if a.op == "number" == b.op:
            return self._computed(a.data[0] * b.data[0], at)
        return self.made(lambda: a * b, at)

    def over(self, a: Expression, b: Expression, at: int) -> Expression:
        """a/b; numbers are computed."""
        if a.op == "number" == b.op and b.data[0]:
            return self._computed(a.data[0] / b.data[0], at)
        return self.made(lambda: a / b, at)

    def raised(self, base: Expression, times: int, at: int) -> Expression:
        """A power; its size is known before it is made."""
        if base.op == "number":
            if times * len(str(base.data[0])) > 2 * NUMERALS:
                self.source.fail(at, f"this number has more than {NUMERALS} digits")
            return self._computed(base.data[0] ** times, at)
        words, letters = self._weight(base)
        self._bound(words**times, letters * times, at)
        return self.made(lambda: base**times, at)

    def _computed(self, value: Fraction, at: int) -> Expression:
        if max(len(str(value.numerator)), len(str(value.denominator))) > NUMERALS:
            self.source.fail(at, f"this number has more than {NUMERALS} digits")
        return lift(value)

    def weighed(self, e: Expression, at: int) -> Expression:
        """The expression, if it is within bounds when it is multiplied out."""
        self._bound(*self._weight(e), at)
        return e

    def count(self, e: Expression, at: int) -> Expression:
        """The expression, as one side of a relation; all relations together have a bound too."""
        self._total += self._weight(e)[0]
        if self._total > ALL_WORDS:
            self.source.fail(at, f"multiplied out, the text has more than {ALL_WORDS} summands up to here")
        return e

    def _bound(self, words: int, letters: int, at: int) -> None:
        if words > WORDS or letters > LETTERS:
            self.source.fail(
                at,
                f"multiplied out, this has too many summands or factors: {WORDS} and {LETTERS} are the limits; "
                "give a part of it a name, by a letter with an equation",
            )

    def _weight(self, e: Expression) -> tuple[int, int]:
        """Bounds for the summands of an expression that is multiplied out, and for the factors of one."""
        found = self._weights.get(id(e))
        if found is None:
            words, letters = 1, 1
            inside = [self._weight(p) for p in e.parts]
            if e.op == "add":
                words, letters = sum(w for w, _ in inside), max(k for _, k in inside)
            elif e.op == "mul":
                for w, k in inside:
                    words, letters = words * w, letters + k
            elif e.op in ("T", "trace", "rank"):
                ((words, letters),) = inside
            elif e.op == "nat":
                words = max(1, len(e.data[0]))
            found = self._weights[id(e)] = e, words, letters  # kept, so that its id is nobody else's
        return found[1:]


def _shortened(problem: str, most: int = 400) -> str:
    return problem if len(problem) <= most else f"{problem[: most // 2]} .. {problem[-most // 2 :]}"
