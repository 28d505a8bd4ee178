"""Methods for statements about any number of layers."""

from __future__ import annotations

from .method import Enrich, Method

METHODS: tuple[Method, ...] = ()
CONSEQUENCES: tuple[Enrich, ...] = ()
