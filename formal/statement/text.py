"""One line of text as a statement."""

from __future__ import annotations

from typing import NamedTuple

from .language import Family, Prop


class Statement(NamedTuple):
    """Hypotheses, a conclusion, and the families that are defined by recursion: what a claim says."""

    given: tuple[Prop, ...]
    show: Prop
    where: tuple[Family, ...] = ()


def parse(text: str) -> Statement:
    """The statement that one line of text makes."""
    raise NotImplementedError
