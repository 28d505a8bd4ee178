"""What an enclosure costs beside the plain evaluation of the same, in double precision and with the same threads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import best, row

from numeric import functions
from numeric.config import Config
from numeric.enclosures import enclosed, enclosed_functions, sharp, spectra
from numeric.enclosures.enclosure import Enclosure
from numeric.parameters import random_parameters
from numeric.record import nothing
from numeric.transformer import BLOCKS, Model

SHAPES = {
    "MiniLM": Config(1, 384, 12, 1536, 10, 512, residual="post", activation="gelu", causal=False, embedding_norm=True),
    "GPT-2 small": Config(1, 768, 12, 3072, 10, 1024, residual="pre", activation="gelu_tanh"),
}


def compare(what: str, ours: Callable[[], object], plain: Callable[[], object]) -> None:
    """One row: the enclosure, the plain evaluation, and the ratio."""
    row(what, best(ours, 7), "plain", best(plain, 7))


def steps(name: str, config: Config, tokens: int) -> None:
    """The steps of a block of this shape, each from exact inputs, as a check of a recorded run has them."""
    model = Model(config, random_parameters(config, dtype="float64"))
    source = np.random.default_rng(0)
    x = source.standard_normal((tokens, config.d_model))
    weight, at = model.parameters["blocks.0.mlp.W_in"], "blocks.0"
    pre = source.standard_normal((tokens, config.d_mlp))
    scores = source.standard_normal((config.n_heads, tokens, tokens))
    ball = Enclosure(x, 1e-13)
    plain_activation, activation = (m.ACTIVATIONS[config.activation] for m in (functions, enclosed_functions))

    print(f"{name}, {tokens} tokens")
    compare("  product by weights, exact input", lambda: Enclosure(x) @ weight, lambda: x @ weight)
    compare("  product by weights", lambda: ball @ weight, lambda: x @ weight)
    compare("  norm", lambda: enclosed.norm(model, f"{at}.ln1", x), lambda: model._norm(f"{at}.ln1", x, nothing))
    compare("  softmax", lambda: enclosed_functions.softmax(scores), lambda: functions.softmax(scores))
    compare(f"  {config.activation}", lambda: activation(pre), lambda: plain_activation(pre))
    compare("  MLP", lambda: enclosed.mlp(model, 0, x), lambda: model._mlp(0, x, nothing))
    compare("  attention", lambda: enclosed.attention(model, 0, x, x), lambda: model._attention(0, x, x, nothing))
    block = BLOCKS[config.residual]
    compare("  block", lambda: enclosed.block(model, 0, x), lambda: block(model, 0, x, nothing))


def weights() -> None:
    """What claims about weights need: a virtual weight, its sharp product, and its singular values."""
    source = np.random.default_rng(0)
    a, b = source.standard_normal((384, 768)), source.standard_normal((768, 384))
    print("weights")
    compare("  384 x 768 times 768 x 384", lambda: Enclosure(a) @ b, lambda: a @ b)
    compare("  the same, sharply", lambda: sharp.product(a, b), lambda: a @ b)
    small = source.standard_normal((128, 128))
    compare("  singular values, 128 x 128", lambda: spectra.singular_values(small), lambda: np.linalg.svd(small))


def main() -> None:
    """Print the table."""
    for name, config in SHAPES.items():
        for tokens in (64, 128):
            steps(name, config, tokens)
    weights()


if __name__ == "__main__":
    main()
