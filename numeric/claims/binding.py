"""Bindings: which weights and activations of a model play the letters of a claim.

A binding is a function that yields the places of a model where a claim can be read, each with the values of its
letters. The claim itself, its hypotheses and its conclusion, is the object in the book. The bindings stand in the
modules of `numeric.bindings`, a module a theme.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..errors import ModelError
from .subject import Subject
from .valuation import Letter

Which: TypeAlias = "Collection[int] | Literal['all']"


class Inapplicable(ModelError):
    """A model has nothing that a claim speaks of; the message says what is missing."""


@dataclass(frozen=True)
class Bound:
    """One place of a model where a claim is read.

    where: what reports call it, such as "MLP 0 -> MLP 3". letters, nats, tried: see `valuation.Values`.
    made: the hypotheses, counted from 1 in the claim's `given`, that hold by how the letters were made: the enclosures
    contain exact values for which they hold. model: those that the model is supposed to fulfil, so that one that fails
    is a fault of the model or of its run; equations of families that the binding gives values for are among them.
    All other hypotheses may fail, and then the claim says nothing here.
    equals: of a definition, what the defined expression must be equal to.
    """

    where: str
    letters: Mapping[str, Letter]
    made: Which = ()
    model: Which = ()
    nats: Mapping[str, Any] = field(default_factory=dict)
    tried: Mapping[str, Sequence[Letter]] = field(default_factory=dict)
    equals: Letter = None


Binding: TypeAlias = Callable[[Subject], Iterator[Bound]]
BINDINGS: dict[str, list[Binding]] = {}
UNBOUND: dict[str, str] = {}


def bind(*ids: str) -> Callable[[Binding], Binding]:
    """Register a function as a binding of the claims with these ids.

    >>> @bind("X-1")
    ... def mlps(subject):
    ...     yield Bound("MLP 0", {"W": subject.read(0), "V": subject.write(0)})
    >>> BINDINGS.pop("X-1") == [mlps]
    True
    """

    def register(binding: Binding) -> Binding:
        for id in ids:
            BINDINGS.setdefault(id, []).append(binding)
        return binding

    return register


def unbound(reason: str, *ids: str) -> None:
    """Say why claims speak of no weights or activations that a model has."""
    for id in ids:
        if id in BINDINGS or id in UNBOUND:
            raise ModelError(f"{id} is bound already")
        UNBOUND[id] = reason
