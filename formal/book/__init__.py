"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    clearing,
    composition,
    definitions,
    determinants,
    gauge,
    heads,
    injectivity,
    linear_layers,
    nullspaces,
    ranks,
    relu,
    subspaces,
    triangular,
    virtual,
)
from .shelf import BOOK

__all__ = [
    "BOOK",
    "clearing",
    "composition",
    "definitions",
    "determinants",
    "gauge",
    "heads",
    "injectivity",
    "linear_layers",
    "nullspaces",
    "ranks",
    "relu",
    "subspaces",
    "triangular",
    "virtual",
]
