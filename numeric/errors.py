"""What can be wrong with a model, its weights or its input."""

from __future__ import annotations


class ModelError(ValueError):
    """A model that cannot be built or run: says which tensor or setting is wrong, and what was expected."""


class NotRecorded(ModelError, KeyError):
    """A value that a trace does not have. It is a KeyError, too, since a trace is a mapping."""

    __str__ = Exception.__str__  # KeyError would put the message in quotes
