"""The bindings of the book's claims: importing this package registers all of them."""

from . import blocks, norms, rotations, steps, virtual

__all__ = ["blocks", "norms", "rotations", "steps", "virtual"]
