"""The bindings of the book's claims: importing this package registers all of them."""

from . import blocks, clearing, efficiency, geometry, memory, norms, rotations, virtual

__all__ = ["blocks", "clearing", "efficiency", "geometry", "memory", "norms", "rotations", "virtual"]
