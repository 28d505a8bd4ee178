"""The public set of conjectures, decided: how many, by what, and how fast."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import ceil
from pathlib import Path

from conjecture_set import Outcome, conjectures, outcome

from formal.claims import PROVED, REFUTED

SHARES = (50, 90, 95, 99, 100)


def main() -> None:
    """Print a line for each conjecture, then how many were decided, and in what time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="TOML files of conjectures (the whole public set)")
    parser.add_argument("--seconds", type=float, default=10, help="for each conjecture (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the search for counterexamples (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one for each processor)")
    parser.add_argument("--only", default="", help="conjectures whose id contains this")
    parser.add_argument("--quiet", action="store_true", help="no lines for what was decided as expected")
    options = parser.parse_args()
    chosen = [c for c in conjectures(options.files) if options.only in c.id]
    found = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for one in pool.map(partial(outcome, seconds=options.seconds, seed=options.seed), chosen):
            found.append(one)
            if not options.quiet or one.verdict != one.answer:
                sign = "WRONG" if one.wrong else ""
                print(f"{one.id:60} {one.answer:8} {one.verdict:8} {one.seconds:7.2f} s  {sign}{one.how}", flush=True)
    summary(found)


def summary(found: Sequence[Outcome]) -> None:
    """How many were decided, were left open, are wrong, and how long that took."""
    for answer in (PROVED, REFUTED):
        of_these = [o for o in found if o.answer == answer]
        decided = sum(o.verdict == answer for o in of_these)
        print(f"\n{answer}: {decided} of {len(of_these)} ({decided / max(1, len(of_these)):.1%})", end="")
        times = sorted(o.seconds for o in of_these)
        if times:
            print("; " + ", ".join(f"{share} % in {_quantile(times, share):.2f} s" for share in SHARES), end="")
    counts = {v: sum(o.verdict == v for o in found) for v in (PROVED, REFUTED, "open", "failed")}
    decided = sum(o.verdict == o.answer for o in found)
    wrong = sum(o.wrong for o in found)
    print(f"\n\n{len(found)} conjectures: {decided} decided ({decided / max(1, len(found)):.1%}), ", end="")
    print(
        f"{counts['open']} open, {counts['failed']} failed, {wrong} wrong; {sum(o.seconds for o in found):.1f} s in all"
    )


def _quantile(times: Sequence[float], share: int) -> float:
    """The time within which so many percent were done."""
    return times[max(0, ceil(len(times) * share / 100) - 1)]


if __name__ == "__main__":
    main()
