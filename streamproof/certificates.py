"""The certificates of answers: one file for each, by the name of its claim."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace

from formal.certificate import certificate, to_text
from formal.claims import Result
from formal.decide import OPEN, Decision

from .asking import Question
from .files import remove, write_whole


def file_names(questions: Sequence[Question]) -> list[str]:
    """A name for each claim that any file system takes, all of them different.

    >>> from formal.claims import claim
    >>> file_names([Question("", claim(id=i)) for i in ("a/b c", "A-b-c", "..", "statement")])
    ['a-b-c', 'A-b-c-2', 'claim', 'statement']
    """
    names: list[str] = []
    for q in questions:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", q.claim.id).strip("-.")[:100] or "claim"
        taken = {name.casefold() for name in names}
        numbered = (stem, *(f"{stem}-{i}" for i in range(2, len(names) + 3)))
        names.append(next(n for n in numbered if n.casefold() not in taken))
    return names


def deposit(folder: str, name: str, decision: Decision) -> str:
    """Write FOLDER/NAME.json and return its path; where nothing was established, remove an old one and return ""."""
    path = os.path.join(folder, f"{name}.json")
    if decision.verdict == OPEN:
        remove(path)
        return ""
    claim = replace(decision.claim, id=name)  # what identifies a certificate has no spaces
    write_whole(path, to_text(certificate(Result(claim, decision.verdict, decision.theorem))))
    return path
