"""What bindings find out about a subject once, and the layers that they look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from ..claims.binding import Inapplicable
from ..claims.subject import Subject, some

P = ParamSpec("P")
T = TypeVar("T")


def per_subject(make: Callable[Concatenate[Subject, P], T]) -> Callable[Concatenate[Subject, P], T]:
    """What a function makes of a subject, and of arguments that can be keys, is kept as long as the subject is."""
    known: WeakKeyDictionary[Subject, dict[Any, T]] = WeakKeyDictionary()

    @wraps(make)
    def kept(subject: Subject, /, *args: P.args, **options: P.kwargs) -> T:
        mine = known.setdefault(subject, {})
        key = (args, tuple(sorted(options.items())))
        if key not in mine:
            mine[key] = make(subject, *args, **options)
        return mine[key]

    return kept


def layers(subject: Subject, most: int, least: int = 1) -> list[int]:
    """At most so many layers, evenly spread. Raises Inapplicable for a model with fewer than the least number."""
    if len(subject.layers) < least:
        raise Inapplicable(f"the model has {len(subject.layers)} layers: {least} are needed")
    return some(subject.layers, most)
