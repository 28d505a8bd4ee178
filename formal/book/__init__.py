"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    block_example,
    clearing,
    columns,
    composition,
    definitions,
    examples,
    gauge,
    norm_geometry,
    normalization,
    nullspaces,
    ranks,
    subspaces,
    virtual,
)
from .shelf import BOOK

__all__ = [
    "BOOK",
    "block_example",
    "clearing",
    "columns",
    "composition",
    "definitions",
    "examples",
    "gauge",
    "norm_geometry",
    "normalization",
    "nullspaces",
    "ranks",
    "subspaces",
    "virtual",
]
