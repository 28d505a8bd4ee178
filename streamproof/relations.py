"""How claims hang together: what each rests on, what rests on it, and what else is said of the same item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from formal.claims import Book, Claim, check, cited


@dataclass(frozen=True)
class Relations:
    """The claims around one."""

    repairs: list[Claim] = field(default_factory=list)
    same_item: list[Claim] = field(default_factory=list)
    rests_on: list[Claim] = field(default_factory=list)
    used_by: list[Claim] = field(default_factory=list)


def citations(claims: Iterable[Claim]) -> dict[str, list[str]]:
    """For each claim the claims that its proof stands on directly, read off the steps of all proofs."""
    return {
        c.id: [] if c.proof is None and c.disproof is None else cited(check(c, sharp=False).theorem) for c in claims
    }


def relations(claim: Claim, book: Book, cites: Mapping[str, list[str]]) -> Relations:
    """What the book says around a claim; the citations are those of the whole book."""
    repairs = book.repairs(claim)
    others = [c for c in book.answers(claim.base) if c is not claim and c not in repairs]
    return Relations(
        repairs,
        others,
        [book.claims[i] for i in cites.get(claim.id, [])],
        [book.claims[i] for i, used in cites.items() if claim.id in used],
    )
