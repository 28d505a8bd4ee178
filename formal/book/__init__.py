"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    angles,
    capacity,
    clearing,
    coherence,
    composition,
    crosstalk,
    definitions,
    frames,
    gauge,
    monomials,
    nullspaces,
    powers,
    ranks,
    sparsity,
    subspaces,
    virtual,
    welch,
)
from .shelf import BOOK

__all__ = [
    "BOOK",
    "angles",
    "capacity",
    "clearing",
    "coherence",
    "composition",
    "crosstalk",
    "definitions",
    "frames",
    "gauge",
    "monomials",
    "nullspaces",
    "powers",
    "ranks",
    "sparsity",
    "subspaces",
    "virtual",
    "welch",
]
