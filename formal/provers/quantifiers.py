"""Methods for kernels, images and what exists."""

from __future__ import annotations

from .method import Enrich, Method

METHODS: tuple[Method, ...] = ()
CONSEQUENCES: tuple[Enrich, ...] = ()
