"""The bindings of the book's claims: importing this package registers all of them."""

from . import blocks, bottleneck, capacity, composition, definitions, effects, ranks, subspaces, virtual

__all__ = ["blocks", "bottleneck", "capacity", "composition", "definitions", "effects", "ranks", "subspaces", "virtual"]
