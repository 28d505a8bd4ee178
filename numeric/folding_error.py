"""How far folding changes the logits, certified.

Folding is exact between real numbers; the folded parameters are rounded. So two functions of a text are compared, that
of the model and that of the folded one, both in exact real arithmetic (`enclosures.precise`), with as many bits as it
takes for the radii to be small beside what is measured. Nothing is estimated. What rounding does to a run of either
model is a separate thing, and certified by the same two evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .enclosures.fixed import MOST_BITS, Fixed, NotEnoughBits, fixed
from .enclosures.precise import exact_logits
from .errors import ModelError
from .folding import folded
from .functions import Array
from .transformer import Model

_BITS_PER_LAYER = 24  # what radii were seen to grow by in real models, 18 to 22, and a little more
_SMALL = 2.0**-20  # radii are small enough with this share of what is measured,
_NOTHING = 2.0**-100  # or with this share of the logits, beside which no rounding counts


@dataclass(frozen=True)
class FoldingError:
    """Bounds, proven for one text, of the largest absolute value among all logits of all positions.

    difference: of the exact logits of both models: what folding does. original, after: of what the run of the model,
    and of the folded one, computes, from the exact logits of the same model: what rounding does. logits: of the exact
    logits of the model. bits: how many were used after the point.
    """

    difference: float
    original: float
    after: float
    logits: float
    bits: int


def certified_error(
    model: Model, tokens: Sequence[int] | Array, plain: Model | None = None, bits: int = 0
) -> FoldingError:
    """Bounds of what folding does to the logits of a text; plain: the folded model, if it is at hand.

    For any two models that take the same text and have logits of the same shape, it bounds how they differ. bits: how
    many to begin with; more are taken if they do not do. Raises NotEnoughBits if the model is so deep that no number
    of bits at hand does.

    >>> from numeric.config import Config
    >>> from numeric.parameters import random_parameters
    >>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
    >>> found = certified_error(Model(config, random_parameters(config, dtype="float64")), [3, 1, 4])
    >>> found.difference < 1e-15, found.original < 1e-15
    (True, True)
    """
    plain = folded(model) if plain is None else plain
    bits = bits or min(128 + _BITS_PER_LAYER * model.config.n_layers, MOST_BITS)
    while True:
        try:
            before, after = exact_logits(model, tokens, bits), exact_logits(plain, tokens, bits)
        except NotEnoughBits:
            if bits == MOST_BITS:
                raise
        else:
            if before.mid.shape != after.mid.shape:
                raise ModelError(f"the models' outputs have shapes {before.mid.shape} and {after.mid.shape}")
            difference = before - after
            enough = max(_SMALL * difference.maximum(), _NOTHING * before.maximum())
            if float(difference.rad.max()) <= enough or bits == MOST_BITS:
                return FoldingError(
                    difference=difference.maximum(),
                    original=_rounding(before, model(tokens)),
                    after=_rounding(after, plain(tokens)),
                    logits=before.maximum(),
                    bits=bits,
                )
        bits = min(bits * 3 // 2, MOST_BITS)


def _rounding(exact: Fixed, computed: Array) -> float:
    return (exact - fixed(computed, exact.bits)).maximum()
