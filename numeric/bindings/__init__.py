"""The bindings of the book's claims: importing this package registers all of them."""

from . import (
    blocks,
    bottleneck,
    capacity,
    channels,
    completions,
    composition,
    definitions,
    determinants,
    effects,
    gauge,
    ranks,
    subspaces,
    virtual,
)

__all__ = [
    "blocks",
    "bottleneck",
    "capacity",
    "channels",
    "completions",
    "composition",
    "definitions",
    "determinants",
    "effects",
    "gauge",
    "ranks",
    "subspaces",
    "virtual",
]
