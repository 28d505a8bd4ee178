"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    block_example,
    clearing,
    composition,
    definitions,
    dimension_example,
    examples,
    gauge,
    layer_norm_example,
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
    "composition",
    "definitions",
    "dimension_example",
    "examples",
    "gauge",
    "layer_norm_example",
    "normalization",
    "nullspaces",
    "ranks",
    "subspaces",
    "virtual",
]
