"""Composition scores of all pairs of heads, and the whole graph of virtual weights, from small cores.

Run it with a Python that has PyTorch and transformer-lens, and the project on its path; without them only our own times
are printed.
"""

from __future__ import annotations

import resource
from typing import Any

import numpy as np
from lens import hooked
from timing import best, row

from numeric.checkpoints import load
from numeric.config import Config
from numeric.errors import ModelError
from numeric.parameters import random_parameters
from numeric.paths.composition import composition_scores
from numeric.transformer import Model

CONFIG = Config(n_layers=12, d_model=768, n_heads=12, d_mlp=3072, d_vocab=1000, n_ctx=64, norm="rms")


def peer(model: Model) -> Any:
    """The same weights in a HookedTransformer."""
    import torch

    theirs = hooked(model.config, None)
    with torch.no_grad():
        for layer, block in enumerate(theirs.blocks):
            for name in ("W_Q", "W_K", "W_V", "W_O"):
                weight = model.parameters[f"blocks.{layer}.attn.{name}"]
                getattr(block.attn, name).copy_(torch.from_numpy(weight))
    return theirs


def memory() -> float:
    """The most that this process has taken so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Print the table."""
    parameters = random_parameters(CONFIG, dtype="float32")
    parameters |= {name: np.ones_like(value) for name, value in parameters.items() if name.endswith(".w")}
    model = Model(CONFIG, parameters)
    ours = {kind: composition_scores(model, kind, "float32") for kind in "QKV"}
    double = {kind: composition_scores(model, kind) for kind in "QKV"}
    for kind in "QKV":
        print(f"{kind}: single and double precision differ by {np.abs(ours[kind] - double[kind]).max():.1e}")
    times = {kind: best(lambda k=kind: composition_scores(model, k, "float32"), 3) for kind in "QKV"}
    print(f"our memory so far {memory():.1f} GB")
    try:
        theirs = peer(model)
    except ImportError:
        print("transformer-lens is not installed:", {kind: f"{t:.2f} s" for kind, t in times.items()})
    else:
        import torch

        torch.set_grad_enabled(False)
        for kind in "QKV":
            found = theirs.all_composition_scores(kind).numpy()
            print(f"{kind}: ours and theirs differ by {np.abs(found - ours[kind]).max():.1e}")
            row(kind, times[kind], "all_composition_scores", best(lambda k=kind: theirs.all_composition_scores(k), 1))
        print(f"memory with the peer {memory():.1f} GB")
    try:
        from numeric.paths.path_values import path_values

        smollm2 = load("smollm2", dtype="float32").model
    except (ImportError, ModelError) as e:  # such as in an environment that is the peer's
        print(f"no graph of SmolLM2: {e}")
        return
    print(f"path_values of SmolLM2, all kinds with exact ranks: {best(lambda: path_values(smollm2), 1):.1f} s")


if __name__ == "__main__":
    main()
