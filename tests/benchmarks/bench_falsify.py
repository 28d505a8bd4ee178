"""Six false claims, refuted by the search and by a plain property test: `@given` over lists of `fractions()`.

The property tests are what one would write without this project: sizes up to four, entries as Hypothesis draws them,
hypotheses by `assume`. Only the number of examples is not left as it is, but bounded by time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from fractions import Fraction
from queue import Empty
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from timing import best

from formal.claims import stated
from formal.falsify import search

Rows = list[list[Fraction]]
PLAIN = settings(
    max_examples=10**6,
    phases=(Phase.generate, Phase.shrink),  # no time goes into explanations
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


# ---------------------------------------------------------------- matrices as lists of fractions
def matrices(rows: int, cols: int) -> st.SearchStrategy[Rows]:
    row = st.lists(st.fractions(), min_size=cols, max_size=cols)
    return st.lists(row, min_size=rows, max_size=rows)


sizes = st.integers(1, 4)


def mul(*factors: Rows) -> Rows:
    product, *rest = factors
    for b in rest:
        columns = list(zip(*b, strict=True))
        product = [[sum((x * y for x, y in zip(row, c, strict=True)), Fraction(0)) for c in columns] for row in product]
    return product


def add(a: Rows, b: Rows) -> Rows:
    return [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def plus_identity(a: Rows, sign: int = 1) -> Rows:
    return [[x + sign * (i == j) for j, x in enumerate(row)] for i, row in enumerate(a)]


def is_zero(a: Rows) -> bool:
    return not any(any(row) for row in a)


def rank(a: Rows) -> int:
    rows, found = [list(row) for row in a], 0
    for k in range(len(a[0])):
        pivot = next((i for i in range(found, len(rows)) if rows[i][k]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][k] / rows[found][k]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


# ---------------------------------------------------------------- the claims as property tests
# Each draws an instance, and yields it before it asserts the claim: the last one is the smallest that fails.
def composed_rank(draw: Any) -> Iterator[Any]:
    d = draw(sizes)
    s, t = draw(matrices(d, d)), draw(matrices(d, d))
    yield d, s, t
    assert rank(mul(plus_identity(t), plus_identity(s))) <= min(rank(s), rank(t))


def changed_rank(draw: Any) -> Iterator[Any]:
    d = draw(sizes)
    s, t = draw(matrices(d, d)), draw(matrices(d, d))
    assume(not is_zero(s) and not is_zero(t))
    yield d, s, t
    assert rank(plus_identity(mul(plus_identity(t), plus_identity(s)), -1)) <= min(rank(s), rank(t))


def virtual_weight(draw: Any) -> Iterator[Any]:
    d, m, n, p = (draw(sizes) for _ in range(4))
    w, v, r, q = (draw(matrices(*shape)) for shape in ((p, d), (d, m), (n, d), (d, n)))
    yield d, m, n, p, w, v, r, q
    assert mul(w, v) == mul(w, q, r, v)


def null_vector(draw: Any) -> Iterator[Any]:
    d = draw(sizes)
    t, x = draw(matrices(d, d)), draw(matrices(d, 1))
    assume(is_zero(mul(t, x)))
    yield d, t, x
    assert is_zero(add(x, mul(t, x)))


def null_vector_of_a_large_layer(draw: Any) -> Iterator[Any]:
    d = draw(st.integers(3, 5))
    t, x = draw(matrices(d, d)), draw(matrices(d, 1))
    assume(rank(t) == d - 1)
    assume(is_zero(mul(t, x)))
    yield d, t, x
    assert is_zero(add(x, mul(t, x)))


def capacity(draw: Any) -> Iterator[Any]:
    d, n = draw(st.integers(1, 8)), draw(st.integers(1, 40))
    eps = draw(st.fractions(min_value=0, max_value=Fraction(1, 2)))
    s = draw(matrices(n, d))
    assume(all(sum(x * x for x in v) == 1 for v in s))
    assume(all(abs(sum(x * y for x, y in zip(u, v, strict=True))) <= eps for i, u in enumerate(s) for v in s[:i]))
    yield d, n, s, eps
    assert n * eps**2 <= d


@dataclass(frozen=True)
class FalseClaim:
    """A claim that fails, as one line of text and as a property test."""

    name: str
    text: str
    test: Callable[[Any], Iterator[Any]]


CLAIMS = (
    FalseClaim(
        "composed rank <= min rank",
        "d; S, T: d x d; rank((I + T)*(I + S)) <= min(rank(S), rank(T))",
        composed_rank,
    ),
    FalseClaim(
        "changed rank <= min rank",
        "d; S, T: d x d; S != 0, T != 0 => rank((I + T)*(I + S) - I) <= min(rank(S), rank(T))",
        changed_rank,
    ),
    FalseClaim(
        "W_ik = W_jk W_ij",
        "d, m, n, p; W: p x d; V: d x m; R: n x d; Q: d x n; W*V = (W*Q)*(R*V)",
        virtual_weight,
    ),
    FalseClaim(
        "T x = 0 => x + T x = 0",
        "d; T: d x d; x: d; T*x = 0 => x + T*x = 0",
        null_vector,
    ),
    FalseClaim(
        ".. for d >= 3 and rank d - 1",
        "d; T: d x d; x: d; d >= 3, rank(T) + 1 = d, T*x = 0 => x + T*x = 0",
        null_vector_of_a_large_layer,
    ),
    FalseClaim(
        "n <= d / eps^2, eps <= 1/2",
        "d, n; s[l]: d; eps: scalar; for all i < n: norm2(s[i+1]) = 1, "
        "for all i < n: for all j < i: <s[i+1], s[j+1]>^2 <= eps^2, 4*eps^2 <= 1 => n*eps^2 <= d",
        capacity,
    ),
)


# ---------------------------------------------------------------- running them
def plain(index: int, answers: Any) -> None:
    """Run the property test of a claim to its end, shrinking included; send the time and the last failing instance."""
    last: list[Any] = []

    @PLAIN
    @given(st.data())
    def run(data: Any) -> None:
        for instance in CLAIMS[index].test(data.draw):
            last[:] = [instance]

    start = time.perf_counter()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        while True:
            try:
                run()
            except Unsatisfiable:  # it gave up for want of instances that meet the assumptions: try again
                continue
            except AssertionError:
                answers.put((time.perf_counter() - start, last[0]))
            return


def refuted_plainly(index: int, limit: float) -> tuple[float, Any] | None:
    """The time that the property test takes and the instance it ends with, or None if the limit is hit."""
    answers = multiprocessing.Queue()  # type: ignore[var-annotated]
    process = multiprocessing.Process(target=plain, args=(index, answers))
    process.start()
    try:
        return answers.get(timeout=limit)  # type: ignore[no-any-return]
    except Empty:
        return None
    finally:
        process.terminate()
        process.join()


def median(index: int, limit: float, runs: int) -> tuple[float, Any] | None:
    """The run of the property test that takes neither long nor short; None if the first one hits the limit."""
    found: list[tuple[float, Any]] = []
    for _ in range(runs):
        one = refuted_plainly(index, limit)
        if one is None and not found:
            return None
        found.append(one or (limit, found[-1][1]))
    return sorted(found, key=lambda run: run[0])[len(found) // 2]


def size(value: Any) -> tuple[int, int]:
    """Of a witness, its dimensions added up, and its entries by size: 0 for 0, 1 for 1 and -1, 2 for 2 and 1/2, .."""
    if isinstance(value, Mapping | list | tuple):
        parts = [size(x) for x in (value.values() if isinstance(value, Mapping) else value)]
        return sum(p[0] for p in parts), sum(p[1] for p in parts)
    if isinstance(value, int) and not isinstance(value, bool):
        return value, 0
    number = Fraction(value)
    return 0, abs(number.numerator) + number.denominator - 1


def entries(witness: Mapping[str, Any]) -> list[Any]:
    """The values of a witness, matrices with entries that are fractions: dimensions are what is left as integers."""

    def fractions(x: Any) -> Any:
        if isinstance(x, Mapping):
            return [fractions(y) for y in x.values()]
        return [fractions(y) for y in x] if isinstance(x, list | tuple) else Fraction(x)

    return [x if isinstance(x, int) else fractions(x) for x in witness.values()]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=30, help="seconds for each property test (30)")
    parser.add_argument("--runs", type=int, default=3, help="of each property test, of which the median counts (3)")
    options = parser.parse_args()
    limit = options.limit
    print(f"{'':30} {'ours':>12} {'sizes, entries':>16}   {'@given':>14} {'sizes, entries':>16}   ratio")
    for index, claim in enumerate(CLAIMS):
        statement = stated(claim.text)
        found = search(statement, seconds=limit)
        ours = best(lambda s=statement: search(s, seconds=limit), 3) if found.witness else limit  # type: ignore[misc]
        mine = "{:7d}, {:6d}".format(*size(entries(found.witness))) if found.witness else "none found"
        theirs = median(index, limit, options.runs)
        peer, other = (
            (f"{theirs[0] * 1e3:11.1f} ms", "{:7d}, {:6d}".format(*size(theirs[1]))) if theirs else ("none", "")
        )
        ratio = (theirs[0] if theirs else limit) / ours
        print(f"{claim.name:30} {ours * 1e3:9.1f} ms {mine:>16}   {peer:>14} {other:>16}   ", end="")
        print(f"{'' if theirs else 'over '}{ratio:,.0f} times" if found.witness else "", flush=True)


if __name__ == "__main__":
    main()
