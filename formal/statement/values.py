"""The values of an instance one by one, and as LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..kernel.ground import Matrix, Surd
from .evaluate import Instance
from .printing import entry_latex, name_latex


@dataclass(frozen=True)
class Assignment:
    """One value: of a dimension or a letter, at an index of a family, of a map at its arguments."""

    name: str
    index: int | None
    arguments: tuple[Matrix, ...]
    value: int | Matrix


def assignments(at: Instance) -> Iterator[Assignment]:
    """All values of an instance, dimensions first; of a map, the values where the statement asks for them."""
    for name, value in at.nats.items():
        if isinstance(value, int):
            yield Assignment(name, None, (), value)
        else:
            yield from (Assignment(name, i, (), n) for i, n in sorted(value.items()))
    for name, value in at.letters.items():
        calls = at.calls.get(name)
        if calls is not None:
            yield from (Assignment(name, index, args, result) for (index, args), result in calls.items())
        elif isinstance(value, dict):
            yield from (Assignment(name, i, (), m) for i, m in sorted(value.items()) if not callable(m))
        elif not callable(value):
            yield Assignment(name, None, (), value)


def number_latex(x: Any) -> str:
    r"""An exact number.

    >>> number_latex(Fraction(-1, 2))
    '-\\tfrac{1}{2}'
    >>> number_latex(Surd(1, 1, Fraction(-1, 2), 3))
    '1 - \\tfrac{1}{2} \\sqrt{3}'
    """
    if not isinstance(x, Surd):
        q = Fraction(x)
        sign = "-" if q < 0 else ""
        return str(q) if q.denominator == 1 else f"{sign}\\tfrac{{{abs(q.numerator)}}}{{{q.denominator}}}"
    a, b, root = number_latex(x.a), number_latex(x.b), f"\\sqrt{{{number_latex(x.square)}}}"
    if b == "0":
        return a
    b = f"\\left({b}\\right)" if " " in b else b
    tail = {"1": root, "-1": f"-{root}"}.get(b, f"{b} {root}")
    if a == "0":
        return tail
    return f"{a} - {tail[1:]}" if tail.startswith("-") else f"{a} + {tail}"


def matrix_latex(m: Matrix) -> str:
    r"""A matrix of numbers; a 1 x 1 matrix is its number.

    >>> matrix_latex(((1, 0), (0, 1)))
    '\\begin{pmatrix} 1 & 0 \\cr 0 & 1 \\end{pmatrix}'
    """
    if not m or not m[0]:
        return r"\text{(empty)}"
    if len(m) == 1 == len(m[0]):
        return number_latex(m[0][0])
    inner = r" \cr ".join(" & ".join(map(number_latex, row)) for row in m)
    return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}"


def assignment_latex(a: Assignment) -> str:
    """One value: W = .., T_1 = .., phi(..) = .."""
    name = name_latex(a.name) if a.index is None else entry_latex(a.name, str(a.index))
    arguments = f"\\left({', '.join(map(matrix_latex, a.arguments))}\\right)" if a.arguments else ""
    return f"{name}{arguments} = {a.value if isinstance(a.value, int) else matrix_latex(a.value)}"


def instance_latex(at: Instance) -> str:
    r"""All values on one row.

    >>> from .evaluate import instance
    >>> instance_latex(instance({"d": 2, "W": [[0, "1/2"]]}))
    'd = 2,\\quad W = \\begin{pmatrix} 0 & \\tfrac{1}{2} \\end{pmatrix}'
    """
    return r",\quad ".join(map(assignment_latex, assignments(at)))
