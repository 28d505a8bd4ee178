"""The falsifier: untrusted, exact search for values at which a statement fails."""

from .evidence import Refutation, refutation
from .search import Hunt, Phase, Search, find_counterexample, search, within_reach

__all__ = ["Hunt", "Phase", "Refutation", "Search", "find_counterexample", "refutation", "search", "within_reach"]
