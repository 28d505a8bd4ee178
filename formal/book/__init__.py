"""The book: every item of the chapters, one module a topic."""

from . import (
    capacity,
    clearing,
    composition,
    definitions,
    forgetting,
    gauge,
    memory,
    norm_gauge,
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
    "norm_gauge",
    "nullspaces",
    "ranks",
    "subspaces",
    "virtual",
]
