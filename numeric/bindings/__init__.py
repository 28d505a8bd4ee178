"""The bindings of the book's claims: importing this package registers all of them."""

from . import blocks, clearing, efficiency, memory, norms, rotations, virtual

__all__ = ["blocks", "clearing", "efficiency", "memory", "norms", "rotations", "virtual"]
