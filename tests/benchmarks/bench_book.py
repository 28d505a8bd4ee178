"""How long the book takes: a whole check beside the import of SymPy that it cannot avoid, and the slowest claims."""

from __future__ import annotations

from timing import best, process, row

from formal.book import BOOK
from formal.claims import check

SLOWEST = 10


def main() -> None:
    """Print the tables."""
    sympy = best(process("-c", "import sympy"), 7)
    peer = 'python -c "import sympy"'
    row("streamproof check", best(process("-m", "streamproof", "check"), 7), peer, sympy)
    row("streamproof check -j 2", best(process("-m", "streamproof", "check", "-j", "2"), 7), peer, sympy)
    bare = best(process("-c", "pass"), 7)
    row("streamproof --help", best(process("-m", "streamproof", "--help"), 7), "python -c pass", bare)

    for c in BOOK:  # what is made once, lemmas and what claims cite, is made now
        check(c)
    seconds = {c.id: best(lambda c=c: check(c), 3) for c in BOOK}  # type: ignore[misc]
    print(f"\nIn one process, with all instances of sharpness: {len(seconds)} claims in {sum(seconds.values()):.3f} s")
    row("the checks alone", sum(seconds.values()), peer, sympy)
    print(f"The slowest {SLOWEST}:")
    for claim_id in sorted(seconds, key=lambda i: -seconds[i])[:SLOWEST]:
        print(f"  {claim_id:10} {seconds[claim_id] * 1e3:6.1f} ms")


if __name__ == "__main__":
    main()
