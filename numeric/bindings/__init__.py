"""The bindings of the book's claims: importing this package registers all of them."""

from . import angles, blocks, clearing, coherence, crosstalk, efficiency, frames, memory, packing, sparsity, virtual

__all__ = [
    "angles",
    "blocks",
    "clearing",
    "coherence",
    "crosstalk",
    "efficiency",
    "frames",
    "memory",
    "packing",
    "sparsity",
    "virtual",
]
