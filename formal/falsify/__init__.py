"""The falsifier: untrusted, exact search for values at which a statement fails."""

from .evidence import Refutation, refutation
from .search import Phase, Search, find_counterexample, search, within_reach

__all__ = ["Phase", "Refutation", "Search", "find_counterexample", "refutation", "search", "within_reach"]
