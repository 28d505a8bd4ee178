"""The falsifier: untrusted, exact search for values at which a statement fails."""

from .search import Phase, Search, find_counterexample, search, within_reach

__all__ = ["Phase", "Search", "find_counterexample", "search", "within_reach"]
