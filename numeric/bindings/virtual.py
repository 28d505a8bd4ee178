"""Virtual weights (VW-T2, VW-L5): what later MLPs read of what earlier ones write."""

from __future__ import annotations

from collections.abc import Iterator

from ..binding import Bound, bind
from ..subject import Subject, some


@bind("VW-T2", "VW-T2a", "VW-T2b")
def pairs(subject: Subject) -> Iterator[Bound]:
    """Ranks of the virtual weights between MLPs are exact: the rank modulo a prime meets the bound of the theorem."""
    for i, j in subject.pairs(30):
        yield Bound(f"MLP {i} -> MLP {j}", {"W_j": subject.read(j), "V_i": subject.write(i)})


@bind("VW-L5", "VW-L5a", "VW-L5c", "VW-L5h")
def triples(subject: Subject) -> Iterator[Bound]:
    """Three MLPs, of which the middle one may pass on what the first writes."""
    found = [(i, j, k) for k in subject.layers for j in range(k) for i in range(j)]
    for i, j, k in some(found, 3):
        letters = {"W_k": subject.read(k), "V_j": subject.write(j), "W_j": subject.read(j), "V_i": subject.write(i)}
        yield Bound(f"MLP {i} -> MLP {j} -> MLP {k}", letters)
