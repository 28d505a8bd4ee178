"""Claims about reading and writing, read on tiny models of every architecture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from numeric.claims.subject import Subject


def test_all_claims_say_on_models_what_the_book_says(every: Subject, as_the_book_says: Callable[..., None]) -> None:
    """A binding with wrong letters, or an evaluation that loses what holds, would be seen in the first place here."""
    as_the_book_says(every, "channels")


Status = Callable[[Subject, str], str]
LAYERS_OF_A_RUN = ("VW-U1", "VW-U3a", "VW-U5", "VW-U7b")


def _copied(subject: Subject, name: str) -> np.ndarray:
    """A recorded value that may be changed."""
    values = subject.trace._values
    values[name] = values[name].copy()
    return values[name]


@pytest.mark.parametrize("residual", ["pre", "post", "pre-as-printed"])
@pytest.mark.parametrize("id", LAYERS_OF_A_RUN)
def test_a_stream_that_is_off_by_little_is_caught(
    tiny: Callable[..., Subject], status: Status, id: str, residual: str
) -> None:
    """1e-11 in one entry of the stream behind the last MLP is far more than rounding."""
    assert status(tiny(residual=residual), id) == "within"
    subject = tiny(residual=residual)
    _copied(subject, "blocks.3.hook_resid_post")[-1, 5] += 1e-11
    assert status(subject, id) == "broken"


@pytest.mark.parametrize("id", ["VW-U1", "VW-U5", "VW-U7b"])
def test_a_residual_that_was_dropped_is_caught(tiny: Callable[..., Subject], status: Status, id: str) -> None:
    """What attention wrote in place of what it added."""
    subject = tiny()
    _copied(subject, "blocks.3.hook_resid_mid")[:] = subject.trace["blocks.3.hook_attn_out"]
    assert status(subject, id) == "broken"


@pytest.mark.parametrize("id", ["VW-U1", "VW-U5", "VW-U7b"])
def test_heads_in_another_order_are_caught(tiny: Callable[..., Subject], status: Status, id: str) -> None:
    """Each head's values belong to its own write."""
    subject = tiny()
    z = _copied(subject, "blocks.3.attn.hook_z")
    z[:] = z[:, ::-1]
    assert status(subject, id) == "broken"


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("VW-U1", "mlp.W_in"),
        ("VW-U1", "mlp.b_in"),
        ("VW-U3", "mlp.W_in"),
        ("VW-U3", "mlp.b_in"),
        ("VW-U3a", "mlp.W_out"),
        ("VW-U3a", "mlp.b_out"),
        ("VW-U5", "mlp.W_in"),
        ("VW-U5", "attn.W_O"),
        ("VW-U7b", "attn.W_O"),
        ("VW-U7b", "attn.b_O"),
        ("VW-U7b", "mlp.W_out"),
    ],
)
def test_a_weight_changed_after_the_run_is_caught(
    tiny: Callable[..., Subject], status: Status, id: str, name: str
) -> None:
    """The run was another model's."""
    subject = tiny()
    _ = subject.trace
    weight = subject.model.parameters[f"blocks.0.{name}"]
    weight[..., 0] += 1e-6
    assert status(subject, id) == "broken"


@pytest.mark.parametrize("id", ["VW-U1b", "VW-U7c"])
@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_norm_that_does_not_divide_is_caught(
    tiny: Callable[..., Subject], status: Status, id: str, norm: str
) -> None:
    """What is behind the norm must be its scale's share of what is before it."""
    assert status(tiny(norm=norm), id) == "within"
    subject = tiny(norm=norm)
    for at in ("blocks.0.ln2", "ln_final"):
        _copied(subject, f"{at}.hook_normalized")[-1, 0] *= 1 + 1e-12
    assert status(subject, id) == "broken"
