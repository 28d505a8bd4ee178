"""The bindings of the book's claims: importing this package registers all of them."""

from . import angles, blocks, clearing, efficiency, memory, virtual

__all__ = ["angles", "blocks", "clearing", "efficiency", "memory", "virtual"]
