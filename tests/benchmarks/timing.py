"""What the benchmarks share: best of several runs, and a row of a table."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable


def best(run: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of several runs, in seconds: what the work costs when nothing else disturbs it."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def process(*arguments: str) -> Callable[[], object]:
    """A fresh interpreter with these arguments, its output thrown away."""

    def run() -> object:
        return subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

    return run


def row(what: str, ours: float, peer_name: str, peer: float) -> None:
    """One line: our time, the peer's, and how they compare."""
    ratio = f"{ours / peer:.2f}" if ours * 10 >= peer else f"1/{peer / ours:,.0f}"
    print(f"{what:44} {ours * 1e3:9.1f} ms   {peer_name:28} {peer * 1e3:9.1f} ms   ratio {ratio}")
