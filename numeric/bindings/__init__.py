"""The bindings of the book's claims: importing this package registers all of them."""

from . import attention, blocks, clearing, efficiency, geometry, heads, memory, norms, rotations, virtual

__all__ = ["attention", "blocks", "clearing", "efficiency", "geometry", "heads", "memory", "norms", "rotations", "virtual"]
