"""The bindings of the book's claims: importing this package registers all of them."""

from . import (
    attention,
    blocks,
    clearing,
    depth,
    efficiency,
    geometry,
    heads,
    memory,
    norms,
    postnorm,
    prenorm,
    rotations,
    virtual,
)

__all__ = [
    "attention",
    "blocks",
    "clearing",
    "depth",
    "efficiency",
    "geometry",
    "heads",
    "memory",
    "norms",
    "postnorm",
    "prenorm",
    "rotations",
    "virtual",
]
