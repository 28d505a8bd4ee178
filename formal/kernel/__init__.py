"""The trusted kernel: terms in normal form, propositions, exact evaluation, and the rules that make theorems."""

from .errors import KernelError, ShapeError

__all__ = ["KernelError", "ShapeError"]
