"""What folding LayerNorm does to the logits, certified, and what it does in TransformerLens, as seen.

A model of GPT-2's architecture with random weights and gains far from 1. TransformerLens holds the same weights in
double precision, and its error is the difference of its logits before and after it folds, both computed in double
precision. Needs TransformerLens below 4; without it only our side is shown.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from lens import hooked

from numeric.config import Config
from numeric.folding import folded
from numeric.folding_error import certified_error
from numeric.functions import Array
from numeric.parameters import random_parameters
from numeric.transformer import Model


def parameters(config: Config) -> dict[str, Array]:
    """Random weights in single precision, as a checkpoint has them; gains of 1 with a deviation of a half."""
    made = random_parameters(config)
    source = np.random.default_rng(1)
    gains = {name: 1 + 0.5 * source.standard_normal(made[name].shape) for name in made if name.endswith(".w")}
    return made | {name: gain.astype("float32") for name, gain in gains.items()}


def theirs(config: Config, made: dict[str, Array], tokens: list[int]) -> tuple[float, float] | None:
    """The largest change of a logit, and the seconds that TransformerLens takes to fold."""
    try:
        import torch

        model = hooked(config, "LN", dtype=torch.float64, device="cpu")
    except ImportError:
        return None
    torch.set_grad_enabled(False)
    state = {name: torch.from_numpy(value.astype(np.float64)) for name, value in made.items()}
    model.load_state_dict(state, strict=False)
    text = torch.tensor(tokens)[None]
    before = model(text)[0].numpy()
    start = time.perf_counter()
    model.process_weights_(fold_ln=True, center_writing_weights=True, center_unembed=False)
    seconds = time.perf_counter() - start
    after = model(text)[0].numpy()
    ours = Model(config, made).astype(np.float64)(tokens)
    if not np.allclose(before, ours):
        raise SystemExit("TransformerLens and this project compute different logits")
    return float(np.abs(after - before).max()), seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, nargs="+", default=[2, 12], help="depths of the models (2 12)")
    parser.add_argument("--tokens", type=int, default=8, help="length of the text (8)")
    options = parser.parse_args()
    for layers in options.layers:
        c = Config(n_layers=layers, d_model=768, n_heads=12, d_mlp=3072, d_vocab=1000, n_ctx=64)
        made = parameters(c)
        tokens = np.random.default_rng(2).integers(c.d_vocab, size=options.tokens).tolist()
        model = Model(c, made).astype(np.float64)
        start = time.perf_counter()
        plain = folded(model)
        folding = time.perf_counter() - start
        found = certified_error(model, tokens, plain)
        seconds = time.perf_counter() - start - folding
        print(f"{layers} layers, d = {c.d_model}, {options.tokens} tokens, logits up to {found.logits:.3g}")
        print(f"  ours: folding changes a logit by {found.difference:.2e} at most, certified; it took {folding:.2f} s,")
        print(f"    the certificate {seconds:.1f} s with {found.bits} bits")
        print(f"    rounding changes what a run computes by {found.original:.2e} before, {found.after:.2e} after")
        peer = theirs(c, made, tokens)
        if peer is None:
            print('  TransformerLens is not installed: pip install "transformer-lens<4"')
        else:
            print(
                f"  TransformerLens: folding changes a logit by {peer[0]:.2e}, as seen; it took {peer[1]:.2f} s;",
                end="",
            )
            print(f" ratio 1/{peer[0] / found.difference:,.0f}")


if __name__ == "__main__":
    main()
