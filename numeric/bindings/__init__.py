"""The bindings of the book's claims: importing this package registers all of them."""

from . import (
    angles,
    blocks,
    clearing,
    coherence,
    crosstalk,
    effective_dimension,
    efficiency,
    forgetting,
    frames,
    linear_layers,
    memory,
    nullspaces,
    packing,
    sparsity,
    spectra,
    virtual,
)

__all__ = [
    "angles",
    "blocks",
    "clearing",
    "coherence",
    "crosstalk",
    "effective_dimension",
    "efficiency",
    "forgetting",
    "frames",
    "linear_layers",
    "memory",
    "nullspaces",
    "packing",
    "sparsity",
    "spectra",
    "virtual",
]
