"""What can be wrong with a model, its weights or its input."""

from __future__ import annotations


class ModelError(ValueError):
    """A model that cannot be built or run: says which tensor or setting is wrong, and what was expected."""
