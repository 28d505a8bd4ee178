"""Inequalities that families given by recursion keep from depth to depth: guessed, and each proved by an induction in
which those that were proved before are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from ..kernel.errors import KernelError
from ..kernel.props import Prop, at_least, greater
from ..kernel.terms import ONE, Nat, letter, multiply, nat, number, squared_norm, subtract, trace, transpose
from .deadline import tick
from .errors import ProofFailure
from .induct import at_every_depth, reached
from .invariants import beside
from .logic import says_nothing
from .next_depth import in_a_step
from .proof import Proof
from .recursions import Recursion, recursions

_MOST = 16  # guesses


def keep_bounds(p: Proof, depth: Nat) -> bool:
    """Inequalities that hold up to the depth join the facts; whether there are any."""
    if all(f.conclusion.kind in ("zero", "not") for f in p.facts):
        return False
    known = recursions(p)
    k = p.fresh("k")
    guesses = [q for q in dict.fromkeys(_guesses(p, known, nat(k))) if not says_nothing(q)]
    found = False
    for q in guesses[:_MOST]:
        tick()
        with suppress(ProofFailure, KernelError):
            every = at_every_depth(p, depth, k, q, in_a_step, in_a_step)
            p.add(every)
            p.add(reached(every, depth))
            found = True
    return found


def _guesses(p: Proof, known: Sequence[Recursion], k: Nat) -> Iterator[Prop]:
    """Signs of scalars first, as what follows may need them; then inner products with what is fixed, and lengths."""
    for r in known:
        if r.decl.rows == ONE == r.decl.cols:
            now = letter(r.decl, k)
            yield greater(now, number(0))
            yield at_least(now, number(0))
            if r.start.words:
                yield at_least(now, r.start)
                yield at_least(r.start, now)
            else:
                yield at_least(number(0), now)
    around = beside(p, known)
    for r in known:
        if r.decl.rows == ONE == r.decl.cols:
            continue
        now = letter(r.decl, k)
        for x in around:
            if (x.rows, x.cols) == (now.rows, now.cols):
                grown = trace(multiply(transpose(x), subtract(now, r.start)))
                yield at_least(grown, number(0))
                yield at_least(number(0), grown)
        if r.start.words:
            yield at_least(squared_norm(r.start), squared_norm(now))
            yield at_least(squared_norm(now), squared_norm(r.start))
