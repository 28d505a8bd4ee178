"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import clearing, composition, definitions, examples, gauge, layer_norm_example, normalization, nullspaces, ranks, subspaces, virtual
from .shelf import BOOK

__all__ = [
    "BOOK",
    "clearing",
    "composition",
    "definitions",
    "gauge",
    "normalization",
    "nullspaces",
    "ranks",
    "subspaces",
    "virtual",
]
