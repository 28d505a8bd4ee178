"""The falsifier: untrusted, exact search for values at which a statement fails."""

from .small import find_counterexample

__all__ = ["find_counterexample"]
