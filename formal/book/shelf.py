"""The book of claims; the modules of this folder put theirs here."""

from __future__ import annotations

from ..claims import Book
from .chapters import CHAPTERS

BOOK = Book(chapters=CHAPTERS)
claim = BOOK.claim
