"""The chapter's worked examples speak of numbers that it prints: no model has them."""

from __future__ import annotations

from ..claims.binding import unbound

unbound("it is about numbers that the chapter prints", "RS-Ex1", "RS-Ex2", *(f"RS-Ex3{k}" for k in ("", *"abcde")))
unbound("it is about numbers that the chapter prints", *(f"RS-Ex4{k}" for k in ("", *"abcdefghij")))
unbound("it is about a map of four numbers that the chapter makes up", "RS-Ex5", "RS-Ex5a", "RS-Ex5b", "RS-Ex5c")
unbound("it is about a map of four numbers that the chapter makes up", "RS-Ex5d", "RS-Ex5e")
