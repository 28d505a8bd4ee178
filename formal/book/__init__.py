"""The book: every item of the chapters that is settled so far, one module a topic."""

from . import (
    bottleneck,
    channels,
    clearing,
    completions,
    composition,
    definitions,
    effects,
    gauge,
    nullspaces,
    ranks,
    spectra,
    subspaces,
    virtual,
)
from .shelf import BOOK

__all__ = [
    "BOOK",
    "bottleneck",
    "channels",
    "clearing",
    "completions",
    "composition",
    "definitions",
    "effects",
    "gauge",
    "nullspaces",
    "ranks",
    "spectra",
    "subspaces",
    "virtual",
]
