"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    capacity,
    clearing,
    composition,
    definitions,
    forgetting,
    gauge,
    memory,
    nullspaces,
    ranks,
    subspaces,
    virtual,
)
from .shelf import BOOK

__all__ = [
    "BOOK",
    "capacity",
    "clearing",
    "composition",
    "definitions",
    "forgetting",
    "gauge",
    "memory",
    "nullspaces",
    "ranks",
    "subspaces",
    "virtual",
]
