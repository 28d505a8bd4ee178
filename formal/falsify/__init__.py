"""The falsifier: untrusted, exact search for values at which a statement fails."""

from .search import Search, search
from .small import find_counterexample

__all__ = ["Search", "find_counterexample", "search"]
