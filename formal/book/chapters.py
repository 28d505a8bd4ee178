"""The items of the two chapters in their order, and how many theorems the chapters omit.

An id is the chapter's own number: D a definition, L a lemma, T a theorem, P a proposition, C a corollary, O an
observation, Ex a worked example, and U what the text says between these.
"""

from __future__ import annotations

RESIDUAL_STREAM = tuple(
    f"RS-{number}"
    for number in (
        *("Ex1", "U1", "U2", "U3", "U4", "U5", "Ex2", "U6", "U7", "Ex3", "U8", "U9", "U10", "Ex4", "U11", "U12"),
        *("L1", "P1", "L1.1", "P1.1", "O1", "Ex5", "T1", "T1.1", "C1.1", "C1.2"),
    )
)
VIRTUAL_WEIGHTS = tuple(
    f"VW-{number}"
    for number in (
        *("U1", "L1", "D1", "C1", "U2", "L2", "U3", "L3", "U4", "U5", "T1", "L4", "C2", "D2", "L5", "T2", "U6", "U7"),
        *("L6", "C3", "U8", "L7", "T3", "C4", "L8", "C5", "T4", "L9", "U9", "T5", "L10", "C6", "T6", "U10", "L11"),
        *("U11", "T7", "L12"),
    )
)
OMITTED = tuple(f"TH-{number}" for number in range(1, 30))

CHAPTERS = {
    "The residual stream": RESIDUAL_STREAM,
    "Virtual weights": VIRTUAL_WEIGHTS,
    "Theorems that the chapters omit": OMITTED,
}
