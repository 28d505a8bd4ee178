"""Methods for ranks."""

from __future__ import annotations

from .method import Enrich, Method

METHODS: tuple[Method, ...] = ()
CONSEQUENCES: tuple[Enrich, ...] = ()
