"""The errors of the kernel: one family, each naming the rule or the operation that refused."""

from __future__ import annotations


class KernelError(Exception):
    """A rule was given something that it does not accept; the message starts with the rule's name."""


class ShapeError(KernelError):
    """Two terms do not fit together; the message names both terms and both shapes."""
