"""The bindings of the book's claims: importing this package registers all of them."""

from . import blocks, virtual

__all__ = ["blocks", "virtual"]
