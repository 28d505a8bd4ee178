"""Faults that transformers have had, to be caught by claims: each makes a run that is not what its model says.

A fault changes the configuration or the parameters that the run has but the audited model has not; what is computed
at a hook, from where the run goes on with it; or only what was recorded there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from numeric.claims.subject import Subject
from numeric.functions import Array
from numeric.record import Trace
from numeric.transformer import Model

from .conftest import ARCHITECTURES, TOKENS, tiny_subject

Parameters: TypeAlias = dict[str, Array]
Change: TypeAlias = Callable[[Array, Mapping[str, Array]], Array]  # of a value, given those computed before


@dataclass(frozen=True, eq=False)
class Fault:
    """What is wrong, in which of the tiny models, and how."""

    name: str
    model: str
    config: Mapping[str, Any] = field(default_factory=dict)  # what the run has instead
    weights: Callable[[Parameters], None] | None = None  # changed for the run
    after: Callable[[Parameters], None] | None = None  # changed after the run
    at: Mapping[str, Change] = field(default_factory=dict)  # what is computed at hooks
    recorded: Mapping[str, Change] = field(default_factory=dict)  # what is only recorded there
    tokens: Callable[[list[int]], list[int]] | None = None  # the run reads others


class Faulty(Subject):
    """A subject whose run has a fault."""

    def __init__(self, fault: Fault) -> None:
        sound = tiny_subject(**ARCHITECTURES[fault.model])
        parameters = {name: value.copy() for name, value in sound.model.parameters.items()}
        if fault.weights is not None:
            fault.weights(parameters)
        running = Model(replace(sound.config, **fault.config), parameters)
        tokens = fault.tokens(TOKENS) if fault.tokens else TOKENS
        logits, trace = _tampered(running, tokens, fault.at)
        values = {name: trace[name] for name in trace}
        for name, change in fault.recorded.items():
            values[name] = change(values[name].copy(), values)
        model = sound.model
        if fault.after is not None:
            changed = {name: value.copy() for name, value in sound.model.parameters.items()}
            fault.after(changed)
            model = Model(sound.config, changed)
        super().__init__(fault.name, model, TOKENS)
        self.__dict__["_run"] = (logits, Trace(values))


def _tampered(model: Model, tokens: list[int], at: Mapping[str, Change]) -> tuple[Array, Trace]:
    """A run in which what is computed at hooks is changed, and handed on as it was changed."""
    values: dict[str, Array] = {}

    def record(name: str, value: Array) -> Array:
        if name in at:
            value = at[name](value.copy(), values)
        values[name] = value
        return value

    logits = model._forward(np.asarray(tokens), record)
    return logits, Trace(values)


# ---------------------------------------------------------------- ways to be wrong
def _swap(*names: str) -> Callable[[Parameters], None]:
    def change(p: Parameters) -> None:
        a, b = names
        p[a], p[b] = p[b].copy(), p[a].copy()

    return change


def _set(name: str, change: Callable[[Array], Array]) -> Callable[[Parameters], None]:
    def apply(p: Parameters) -> None:
        p[name] = np.ascontiguousarray(change(p[name]))

    return apply


def _entry(name: str, change: Callable[[float], float]) -> Callable[[Parameters], None]:
    """The first entry of a parameter is another number."""

    def apply(p: Parameters) -> None:
        p[name].flat[0] = change(float(p[name].flat[0]))

    return apply


def _flip(bit: int) -> Change:
    """One bit of the entry of largest magnitude, counted from the last of the mantissa."""

    def change(value: Array, seen: Mapping[str, Array]) -> Array:
        value = np.ascontiguousarray(value)
        flat = value.reshape(-1)
        place = int(np.abs(np.where(np.isfinite(flat), flat, 0)).argmax())
        flat.view(np.uint64)[place] ^= np.uint64(1 << bit)
        return value

    return change


def _zero(p: Array) -> Array:
    return np.zeros_like(p)


def _permuted(p: Array) -> Array:
    return p[[1, 0, *range(2, len(p))]]


def _transposed(p: Array) -> Array:
    """Square blocks of a parameter are transposed, where it has no square of its own."""
    out = p.copy()
    n = min(p.shape[-2:])
    out[..., :n, :n] = p[..., :n, :n].swapaxes(-1, -2)
    return out


def _mask(offset: int) -> Change:
    """A causal mask that lets each token see `offset` tokens ahead of itself."""

    def change(scores: Array, seen: Mapping[str, Array]) -> Array:
        at = "blocks.1.attn"
        q, k = (seen.get(f"{at}.hook_rot_{x}", seen[f"{at}.hook_{x}"]).transpose(1, 0, 2) for x in "qk")
        k = np.repeat(k, len(q) // len(k), axis=0)
        full = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        full[:, ~np.tri(full.shape[1], k=offset, dtype=bool)] = -np.inf
        if offset < 0:
            full[:, 0, 0] = 0.0  # the first token would see nothing at all
        return full

    return change


def _softmax(scores: Array, axis: int = -1) -> Array:
    weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


def _turned(sign: float = 1.0, offset: int = 0, neighbours: bool = False) -> Change:
    """Queries turned by angles of another sign, from another position on, or in pairs of neighbours."""

    def change(value: Array, seen: Mapping[str, Array]) -> Array:
        q = seen["blocks.1.attn.hook_q"]
        half = q.shape[-1] // 2
        angles = sign * np.outer(np.arange(len(q)) + offset, 10000.0 ** (-np.arange(half) / half))[:, None, :]
        pairs = (slice(0, None, 2), slice(1, None, 2)) if neighbours else (slice(0, half), slice(half, None))
        a, b = (q[..., p] for p in pairs)
        out = np.empty_like(q)
        out[..., pairs[0]] = a * np.cos(angles) - b * np.sin(angles)
        out[..., pairs[1]] = b * np.cos(angles) + a * np.sin(angles)
        return out

    return change


def _from(*names: str) -> Change:
    """The sum of what other hooks have."""
    return lambda value, seen: sum((seen[name] for name in names), start=np.zeros_like(value))


def _with(change: Callable[[Array], Array]) -> Change:
    return lambda value, seen: change(value)


def _stale(name: str) -> Change:
    return lambda value, seen: seen[name].copy()


EPS = 1e-5
D = 16
B1 = "blocks.1"

FAULTS = [
    # ------------------------------------------------------------ the residual stream
    Fault(
        "attention's residual is dropped, pre-norm", "gpt2", at={f"{B1}.hook_resid_mid": _from(f"{B1}.hook_attn_out")}
    ),
    Fault("the MLP's residual is dropped, pre-norm", "gpt2", at={f"{B1}.hook_resid_post": _from(f"{B1}.hook_mlp_out")}),
    Fault(
        "attention's residual is dropped, post-norm", "bert", at={f"{B1}.hook_resid_mid": _from(f"{B1}.hook_attn_out")}
    ),
    Fault(
        "the MLP's residual is dropped, post-norm", "bert", at={f"{B1}.hook_resid_post": _from(f"{B1}.hook_mlp_out")}
    ),
    Fault("attention's residual is dropped, gated", "llama", at={f"{B1}.hook_resid_mid": _from(f"{B1}.hook_attn_out")}),
    Fault(
        "the residual is added twice",
        "gpt2",
        at={f"{B1}.hook_resid_mid": lambda v, seen: v + seen[f"{B1}.hook_resid_pre"]},
    ),
    Fault(
        "the residual is subtracted",
        "llama",
        at={f"{B1}.hook_resid_mid": lambda v, seen: seen[f"{B1}.hook_attn_out"] - seen[f"{B1}.hook_resid_pre"]},
    ),
    Fault(
        "the residual is added after the norm",
        "bert",
        at={
            f"{B1}.hook_normalized_resid_mid": lambda v, seen: v + seen[f"{B1}.hook_resid_pre"],
            f"{B1}.hook_resid_mid": _from(f"{B1}.hook_attn_out"),
        },
    ),
    Fault(
        "the MLP adds to the stream before attention",
        "gpt2",
        at={f"{B1}.hook_resid_post": _from(f"{B1}.hook_mlp_out", f"{B1}.hook_resid_pre")},
    ),
    Fault(
        "the MLP adds to the stream before its norm",
        "bert",
        at={f"{B1}.hook_resid_post": _from(f"{B1}.hook_mlp_out", f"{B1}.hook_resid_mid")},
    ),
    Fault(
        "pre-norm blocks as printed instead of the field's",
        "gpt2",
        at={
            f"{B1}.hook_resid_mid": lambda v, seen: v - seen[f"{B1}.hook_resid_pre"] + seen[f"{B1}.ln1.hook_normalized"]
        },
    ),
    Fault(
        "the stream enters a layer in single precision",
        "gpt2",
        at={f"{B1}.hook_resid_mid": _with(lambda v: v.astype(np.float32).astype(np.float64))},
    ),
    # ------------------------------------------------------------ norms
    Fault(
        "eps stands outside the root", "bert", at={f"{B1}.ln1.hook_scale": _with(lambda s: np.sqrt(s * s - EPS) + EPS)}
    ),
    Fault(
        "eps stands outside the root of RMSNorm",
        "llama",
        at={f"{B1}.ln2.hook_scale": _with(lambda s: np.sqrt(s * s - EPS) + EPS)},
    ),
    Fault("eps is lost", "gpt2", config={"eps": 0.0}),
    Fault("eps is another small number", "bert", config={"eps": 1e-6}),
    Fault("eps is another small number, RMSNorm", "llama", config={"eps": 1e-6}),
    Fault(
        "the variance is divided by d - 1",
        "bert",
        at={f"{B1}.ln2.hook_scale": _with(lambda s: np.sqrt((s * s - EPS) * D / (D - 1) + EPS))},
    ),
    Fault(
        "the mean is not subtracted",
        "gpt2",
        at={f"{B1}.ln1.hook_normalized": lambda v, seen: seen[f"{B1}.hook_resid_pre"] / seen[f"{B1}.ln1.hook_scale"]},
    ),
    Fault("a gain is lost", "gpt2", weights=_set(f"{B1}.ln1.w", np.ones_like)),
    Fault("a gain is lost, RMSNorm", "llama", weights=_set(f"{B1}.ln2.w", np.ones_like)),
    Fault("a norm's bias is lost", "bert", weights=_set(f"{B1}.ln1.b", _zero)),
    Fault("two norms are swapped", "bert", weights=_swap(f"{B1}.ln1.w", f"{B1}.ln2.w")),
    Fault("the last norm has another layer's gain", "llama", weights=_set("ln_final.w", lambda w: w[::-1])),
    Fault("the norm behind the embedding is left out", "bert", weights=_set("embed.ln.w", lambda w: w * 1.01)),
    # ------------------------------------------------------------ attention
    Fault(
        "scores are not divided by the root of d_head",
        "gpt2",
        at={f"{B1}.attn.hook_attn_scores": _with(lambda s: s * 2.0)},
    ),
    Fault("scores are divided by d_head", "llama", at={f"{B1}.attn.hook_attn_scores": _with(lambda s: s / 2.0)}),
    Fault(
        "scores are divided by the root of d_model",
        "bert",
        at={f"{B1}.attn.hook_attn_scores": _with(lambda s: s / 2.0)},
    ),
    Fault("the mask lets a token see the next one", "gpt2", at={f"{B1}.attn.hook_attn_scores": _mask(1)}),
    Fault("the mask hides a token from itself", "gpt2", at={f"{B1}.attn.hook_attn_scores": _mask(-1)}),
    Fault("there is no mask", "llama", config={"causal": False}),
    Fault("a bidirectional model is masked", "bert", config={"causal": True}),
    Fault(
        "softmax runs over queries",
        "bert",
        at={f"{B1}.attn.hook_pattern": lambda v, seen: _softmax(seen[f"{B1}.attn.hook_attn_scores"], axis=-2)},
    ),
    Fault("softmax is not divided by its sum", "bert", at={f"{B1}.attn.hook_pattern": _with(lambda p: p * 1.001)}),
    Fault(
        "softmax in single precision",
        "llama",
        at={f"{B1}.attn.hook_pattern": _with(lambda p: p.astype(np.float32).astype(np.float64))},
    ),
    Fault("a pattern is one of another head", "gpt2", at={f"{B1}.attn.hook_pattern": _with(_permuted)}),
    Fault("heads are permuted where they write", "gpt2", weights=_set(f"{B1}.attn.W_O", _permuted)),
    Fault("heads of queries are permuted", "bert", weights=_set(f"{B1}.attn.W_Q", _permuted)),
    Fault("heads of values are permuted", "llama", weights=_set(f"{B1}.attn.W_V", _permuted)),
    Fault("queries and keys are swapped", "gpt2", weights=_swap(f"{B1}.attn.W_Q", f"{B1}.attn.W_K")),
    Fault("keys and values are swapped", "llama", weights=_swap(f"{B1}.attn.W_K", f"{B1}.attn.W_V")),
    Fault("W_O is transposed in each head", "bert", weights=_set(f"{B1}.attn.W_O", _transposed)),
    Fault("W_Q is transposed in each head", "gpt2", weights=_set(f"{B1}.attn.W_Q", _transposed)),
    Fault(
        "shared keys go to heads in turn",
        "llama",
        at={
            f"{B1}.attn.hook_z": lambda z, seen: (
                seen[f"{B1}.attn.hook_pattern"] @ seen[f"{B1}.attn.hook_v"].transpose(1, 0, 2)[[0, 1, 0, 1]]
            ).transpose(1, 0, 2)
        },
    ),
    Fault("the bias of queries is lost", "gpt2", weights=_set(f"{B1}.attn.b_Q", _zero)),
    Fault("the bias of keys is lost", "bert", weights=_set(f"{B1}.attn.b_K", _zero)),
    Fault("the bias of values is lost", "gpt2", weights=_set(f"{B1}.attn.b_V", _zero)),
    Fault("the bias of what heads write is lost", "bert", weights=_set(f"{B1}.attn.b_O", _zero)),
    Fault(
        "values of one token are those of the next",
        "llama",
        at={f"{B1}.attn.hook_v": _with(lambda v: np.roll(v, 1, axis=0))},
    ),
    Fault(
        "keys read the raw stream",
        "gpt2",
        at={f"{B1}.attn.hook_k": lambda k, seen: k * seen[f"{B1}.ln1.hook_scale"][:, :, None]},
    ),
    # ------------------------------------------------------------ positions
    Fault("rotary angles have the other sign", "llama", at={f"{B1}.attn.hook_rot_q": _turned(sign=-1.0)}),
    Fault("rotary positions start at 1 for queries", "llama", at={f"{B1}.attn.hook_rot_q": _turned(offset=1)}),
    Fault("rotary angles turn neighbours", "llama", at={f"{B1}.attn.hook_rot_q": _turned(neighbours=True)}),
    Fault("rotary angles have another base", "llama", config={"rotary_base": 500000.0}),
    Fault("queries are not turned", "llama", at={f"{B1}.attn.hook_rot_q": _stale(f"{B1}.attn.hook_q")}),
    Fault("positions start at 1", "gpt2", weights=_set("pos_embed.W_pos", lambda w: np.roll(w, -1, axis=0))),
    Fault("positions are lost", "bert", weights=_set("pos_embed.W_pos", _zero)),
    # ------------------------------------------------------------ MLPs
    Fault("the other GELU", "gpt2", config={"activation": "gelu"}),
    Fault("ReLU for GELU", "bert", config={"activation": "relu"}),
    Fault("GELU for SiLU", "llama", config={"activation": "gelu"}),
    Fault("gate and read are swapped", "llama", weights=_swap(f"{B1}.mlp.W_in", f"{B1}.mlp.W_gate")),
    Fault("W_in is transposed", "gpt2", weights=_set(f"{B1}.mlp.W_in", _transposed)),
    Fault("W_out is transposed", "bert", weights=_set(f"{B1}.mlp.W_out", _transposed)),
    Fault("W_out of another layer", "llama", weights=_set(f"{B1}.mlp.W_out", lambda w: w[::-1])),
    Fault("the bias of neurons is lost", "gpt2", weights=_set(f"{B1}.mlp.b_in", _zero)),
    Fault("the bias of what the MLP writes is lost", "bert", weights=_set(f"{B1}.mlp.b_out", _zero)),
    Fault(
        "the MLP reads the stream without its norm",
        "gpt2",
        at={f"{B1}.mlp.hook_pre": lambda z, seen: z * seen[f"{B1}.ln2.hook_scale"]},
    ),
    Fault("two neurons are swapped where they write", "llama", weights=_set(f"{B1}.mlp.W_out", _permuted)),
    # ------------------------------------------------------------ ends
    Fault("a token is read as another", "gpt2", tokens=lambda t: [*t[:2], t[2] + 1, *t[3:]]),
    Fault("two tokens are swapped", "bert", tokens=lambda t: [t[1], t[0], *t[2:]]),
    Fault("the bias of the unembedding is lost", "gpt2", weights=_set("unembed.b_U", _zero)),
    Fault(
        "the unembedding's columns are shifted", "llama", weights=_set("unembed.W_U", lambda w: np.roll(w, 1, axis=1))
    ),
    Fault("the last norm is left out", "gpt2", at={"ln_final.hook_scale": _with(np.ones_like)}),
    Fault("a layer runs with the weights of another", "bert", weights=_swap("blocks.1.mlp.W_in", "blocks.2.mlp.W_in")),
    # ------------------------------------------------------------ weights changed after the run
    Fault("a weight of a read changed after the run", "gpt2", after=_entry(f"{B1}.mlp.W_in", lambda x: x + 1e-9)),
    Fault("a weight of a write changed after the run", "bert", after=_entry(f"{B1}.mlp.W_out", lambda x: -x)),
    Fault("a weight of queries changed after the run", "llama", after=_entry(f"{B1}.attn.W_Q", lambda x: x * 1.0001)),
    Fault("a weight of values changed after the run", "gpt2", after=_entry(f"{B1}.attn.W_V", lambda x: 0.0)),
    Fault("a gain changed after the run", "llama", after=_entry(f"{B1}.ln1.w", lambda x: x * (1 + 1e-9))),
    Fault("an embedding changed after the run", "bert", after=_set("embed.W_E", lambda w: w * 1.000001)),
    Fault("the unembedding changed after the run", "gpt2", after=_entry("unembed.W_U", lambda x: x + 0.001)),
    # ------------------------------------------------------------ flipped bits
    Fault("bit 51 of the stream flips", "gpt2", at={f"{B1}.hook_resid_mid": _flip(51)}),
    Fault("bit 30 of the stream flips", "bert", at={f"{B1}.hook_resid_mid": _flip(30)}),
    Fault("the last bit of the stream flips", "llama", recorded={f"{B1}.hook_resid_mid": _flip(0)}),
    Fault("bit 20 of a query flips", "gpt2", at={f"{B1}.attn.hook_q": _flip(20)}),
    Fault("bit 20 of what a head mixed flips", "llama", at={f"{B1}.attn.hook_z": _flip(20)}),
    Fault("bit 20 of a pattern flips", "bert", at={f"{B1}.attn.hook_pattern": _flip(20)}),
    Fault("bit 20 of a neuron flips", "gpt2", recorded={f"{B1}.mlp.hook_post": _flip(20)}),
    Fault("bit 20 of a norm's scale flips", "llama", at={f"{B1}.ln2.hook_scale": _flip(20)}),
    Fault("the last bit of a query flips", "gpt2", recorded={f"{B1}.attn.hook_q": _flip(0)}),
    Fault("the last bit of a neuron flips", "bert", recorded={f"{B1}.mlp.hook_pre": _flip(0)}),
    # ------------------------------------------------------------ records
    Fault(
        "what one layer recorded is another's",
        "gpt2",
        recorded={f"{B1}.hook_attn_out": _stale("blocks.0.hook_attn_out")},
    ),
    Fault(
        "a pattern is recorded before softmax",
        "bert",
        recorded={f"{B1}.attn.hook_pattern": _stale(f"{B1}.attn.hook_attn_scores")},
    ),
]
