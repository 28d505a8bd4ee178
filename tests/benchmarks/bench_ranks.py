"""Exact ranks of matrices of floats, and NumPy's ranks up to a tolerance, for matrices of the sizes of real weights."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # FLINT is given one thread, so NumPy is too

import numpy as np
from timing import best, row

from numeric.ranks import rank_at_least, ranked, virtual_rank


def main() -> None:
    """Print the table."""
    source = np.random.default_rng(0)
    peer = "numpy.linalg.matrix_rank"
    for shape in ((384, 1536), (576, 1536), (1536, 1536)):
        weights = source.standard_normal(shape)
        exact, about = rank_at_least(weights), int(np.linalg.matrix_rank(weights))
        theirs = best(lambda w=weights: np.linalg.matrix_rank(w), 3)  # type: ignore[misc]
        ours = best(lambda w=weights: rank_at_least(w), 3)  # type: ignore[misc]
        row(f"{shape[0]} x {shape[1]}: {exact}, theirs {about}", ours, peer, theirs)
    write, read = source.standard_normal((1536, 384)), source.standard_normal((384, 1536))
    theirs = best(lambda: np.linalg.matrix_rank(write @ read), 1)
    row("virtual weight of two MLPs, d = 384", best(lambda: virtual_rank(read, write), 3), peer, theirs)
    r, w = ranked(read), ranked(write)
    row("the same, each matrix ranked before", best(lambda: virtual_rank(r, w), 3), peer, theirs)
    key, out = source.standard_normal((768, 64)), source.standard_normal((64, 768))
    theirs = best(lambda: np.linalg.matrix_rank(out @ key), 3)
    row("virtual weight of two heads, d = 768", best(lambda: virtual_rank(key, out), 3), peer, theirs)
    k, o = ranked(key), ranked(out)
    row("the same, each matrix ranked before", best(lambda: virtual_rank(k, o), 3), peer, theirs)


if __name__ == "__main__":
    main()
