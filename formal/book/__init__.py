"""The book: every item of the chapters, one module a topic."""

from . import (
    bottleneck,
    capacity,
    channels,
    clearing,
    completions,
    composition,
    definitions,
    effects,
    forgetting,
    gauge,
    memory,
    norm_gauge,
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
    "capacity",
    "channels",
    "clearing",
    "completions",
    "composition",
    "definitions",
    "effects",
    "forgetting",
    "gauge",
    "memory",
    "norm_gauge",
    "nullspaces",
    "ranks",
    "spectra",
    "subspaces",
    "virtual",
]
