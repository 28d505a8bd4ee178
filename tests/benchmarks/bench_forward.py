"""A forward pass that records everything, at the shape of GPT-2 small, beside TransformerLens on the same weights.

Both run on the CPU in this process, by turns, with the same number of threads, and the shortest time of each counts.
TransformerLens from 4.0 on has no `HookedTransformer`; this needs an earlier one.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Any

import numpy as np
from lens import hooked
from timing import best, process, row

from numeric.config import Config
from numeric.functions import Array
from numeric.record import Trace
from numeric.transformer import Model

MIB = 2**20
REPEATS = 7
CONFIG = Config(n_layers=12, d_model=768, n_heads=12, d_mlp=3072, d_vocab=50257, n_ctx=1024)


warnings.filterwarnings("ignore", category=DeprecationWarning)
logging.disable(logging.WARNING)


def peer(threads: int) -> tuple[Any, Any]:
    """PyTorch, and a model of TransformerLens with random weights."""
    try:
        import torch

        model = hooked(CONFIG, "LN", seed=0)
    except ImportError as e:
        sys.exit(f"the peer is missing ({e}): pip install 'transformer-lens<4' torch")
    torch.set_num_threads(threads)
    return torch, model


def agree(ours: Trace, theirs: Any) -> float:
    """The largest difference of a recorded value, relative to the largest entry of that value."""
    worst = 0.0
    for name in theirs:
        expected: Array = theirs[name][0].numpy()
        seen = np.isfinite(expected)  # scores that are masked are -inf in both
        if not np.array_equal(seen, np.isfinite(ours[name])):
            sys.exit(f"{name} is infinite at different places")
        scale = np.abs(expected[seen]).max()
        worst = max(worst, float(np.abs(ours[name][seen] - expected[seen]).max() / scale))
    return worst


def main() -> None:
    """Print the table."""
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    torch, lens = peer(threads)
    weights = {
        name: value.numpy() for name, value in lens.state_dict().items() if not name.endswith(("mask", "IGNORE"))
    }
    model = Model(CONFIG, weights)
    print(f"{threads} threads")
    for n in (64, 256):
        ids = np.random.default_rng(0).integers(0, CONFIG.d_vocab, n)
        given = torch.tensor(ids)[None]
        with torch.no_grad():
            ours = theirs = float("inf")
            for _ in range(REPEATS):
                theirs = min(theirs, best(lambda given=given: lens.run_with_cache(given), 1))
                ours = min(ours, best(lambda ids=ids: model.run(ids), 1))
            _, cache = lens.run_with_cache(given)
        _, trace = model.run(ids)
        row(f"{n} tokens, all {len(trace)} values recorded", ours, f"TransformerLens, {len(cache)}", theirs)
        kept = sum(value.numel() * value.element_size() for value in cache.values())
        print(f"    recorded {trace.nbytes / MIB:.1f} MiB, there {kept / MIB:.1f}; differ by {agree(trace, cache):.1e}")
    row(
        "import",
        best(process("-c", "import numeric.transformer"), 3),
        "import transformer_lens",
        best(process("-c", "import transformer_lens"), 3),
    )


if __name__ == "__main__":
    main()
