"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    architectures,
    attention,
    axioms,
    blocks,
    clearing,
    composition,
    continuity,
    definitions,
    forgetting,
    gauge,
    nullspaces,
    prenorm,
    ranks,
    subspaces,
    topology,
    virtual,
)
from .shelf import BOOK

__all__ = [
    "BOOK",
    "architectures",
    "attention",
    "axioms",
    "blocks",
    "clearing",
    "composition",
    "continuity",
    "definitions",
    "forgetting",
    "gauge",
    "nullspaces",
    "prenorm",
    "ranks",
    "subspaces",
    "topology",
    "virtual",
]
