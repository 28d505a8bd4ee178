"""The parts of a block (RS-U5): what is recorded there agrees with the chapter's equations."""

from __future__ import annotations

from collections.abc import Iterator

from ..binding import Bound, Inapplicable, bind
from ..elementary import U
from ..enclosure import Enclosure
from ..functions import Array
from ..subject import Subject


@bind("RS-U5")
def first_residual_sum(subject: Subject) -> Iterator[Bound]:
    """What is recorded behind attention is what it wrote added to the stream, rounded once."""
    if subject.config.residual == "pre-as-printed":
        raise Inapplicable("the block as printed adds to the normalised stream")
    for layer in subject.layers:
        at = f"blocks.{layer}"
        total = subject.trace[f"{at}.hook_resid_mid"]
        letters = {"T1": Enclosure(subject.trace[f"{at}.hook_attn_out"]), "X": Enclosure(subject.stream(layer))}
        yield Bound(f"layer {layer}", letters, equals=rounded(total))


def rounded(value: Array) -> Enclosure:
    """What a sum may have been before it was rounded to this value."""
    return Enclosure(value, abs(value) * U * (1 + 2 * U))
