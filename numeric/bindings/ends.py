"""What a run reads and writes step by step (VW-U3, VW-U3a): embeddings, projections, angles, hidden units, logits.

Each recorded value is compared with the one weight that made it from the recorded values before it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind
from ..claims.subject import Subject, some
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure
from ..functions import Array
from .steps import Steps, ball, rounded

TOKENS = 4  # of the run, looked at in each layer


def tokens(subject: Subject) -> list[int]:
    """Some positions of the run, the first and the last among them."""
    return some(range(len(subject.tokens)), TOKENS)


# ---------------------------------------------------------------- embeddings
@bind("VW-U3a")
def embedding(subject: Subject) -> Iterator[Bound]:
    """V is the embedding of the tokens that occur, or of their positions, and h selects one: nothing is rounded."""
    p, d = subject.model.parameters, subject.config.d_model
    kinds, where = np.unique(subject.tokens, return_inverse=True)
    made = {"hook_embed": (p["embed.W_E"][kinds], where)}
    if subject.config.positions == "learned":
        made["hook_pos_embed"] = (p["pos_embed.W_pos"][: len(where)], np.arange(len(where)))
    for hook, (rows, chosen) in made.items():
        for token, choice in enumerate(chosen):
            letters = {"x": np.zeros(d), "V": rows.T, "h": np.eye(len(rows))[:, choice]}
            yield Bound(f"{hook}, token {token}", letters, equals=subject.trace[hook][token])


@bind("VW-U3a")
def first_stream(subject: Subject) -> Iterator[Bound]:
    """The stream of a model without a norm behind its embeddings: what was embedded, and with h = 1 the position."""
    if subject.config.embedding_norm:
        raise Inapplicable("a norm stands between its embeddings and the stream")
    d, trace = subject.config.d_model, subject.trace
    place = trace["hook_pos_embed"] if "hook_pos_embed" in trace else np.zeros((len(subject.tokens), d))
    for token in tokens(subject):
        letters = {"x": trace["hook_embed"][token], "V": place[token][:, None], "h": np.ones(1)}
        yield Bound(f"hook_resid_pre, token {token}", letters, equals=rounded(subject.stream(0)[token]))


@bind("VW-U3")
def gains(subject: Subject) -> Iterator[Bound]:
    """W is the gain of a norm at an end of the model, x the normalised token that it recorded."""
    ends = {"embed.ln": "hook_full_embed", "ln_final": "unembed.hook_in"}
    found = {at: hook for at, hook in ends.items() if f"{at}.w" in subject.model.parameters and hook in subject.trace}
    if not found:
        raise Inapplicable("it has no norm at its ends whose output is recorded")
    for at, hook in found.items():
        gain = np.diag(subject.model.parameters[f"{at}.w"])
        bias = enclosed.parameter(subject.model, f"{at}.b") if subject.config.norm == "layer" else Enclosure(0.0)
        for token in tokens(subject):
            x = subject.trace[f"{at}.hook_normalized"][token]
            said = ball(enclosed.affine(subject.model, at, x[None])[0], subject.trace[hook][token])
            yield Bound(f"{at}, token {token}", {"W": gain, "x": x}, equals=said - bias)


# ---------------------------------------------------------------- layers
@bind("VW-U3")
def projections(subject: Subject) -> Iterator[Bound]:
    """W is what makes queries, keys or values, x what it reads of one token, in every layer."""
    model, steps = subject.model, Steps.of(subject)
    for layer in subject.layers:
        at, read, source = f"blocks.{layer}.attn", steps.attention_read(layer), steps.attention_source(layer)
        for side, x in (("Q", read), ("K", source), ("V", source)):
            w = _columns(model.parameters[f"{at}.W_{side}"])
            b = Enclosure(model.parameters[f"{at}.b_{side}"].reshape(-1))
            hook = f"{at}.hook_{side.lower()}"
            for token in tokens(subject):
                said = ball(w @ x[token] + b, subject.trace[hook][token].reshape(-1))
                yield Bound(f"{hook}, token {token}", {"W": w, "x": x[token]}, equals=said - b)


@bind("VW-U3")
def angles(subject: Subject) -> Iterator[Bound]:
    """W turns the queries or keys of a token by the angles of its position."""
    if subject.config.positions != "rotary":
        raise Inapplicable("its positions are not rotary")
    model, d_head = subject.model, subject.config.d_head
    for layer in subject.layers:
        for side in "qk":
            at = f"blocks.{layer}.attn"
            before, after = subject.trace[f"{at}.hook_{side}"], subject.trace[f"{at}.hook_rot_{side}"]
            for token in tokens(subject):
                head = token % before.shape[1]
                basis = np.zeros((len(before), d_head, d_head))  # [pos, heads, d_head]: each unit vector as a head
                basis[token] = np.eye(d_head)
                turn = enclosed.rotated(model, basis)[token].T
                x = before[token, head]
                said = ball(turn @ Enclosure(x), after[token, head])
                yield Bound(f"{at}.hook_rot_{side}, token {token}, head {head}", {"W": turn, "x": x}, equals=said)


@bind("VW-U3a")
def heads(subject: Subject) -> Iterator[Bound]:
    """V is what all heads of a layer write with, h what they mixed; x the stream that it is added to, and the bias."""
    p, trace = subject.model.parameters, subject.trace
    if subject.config.residual == "pre-as-printed":
        raise Inapplicable("the block as printed does not add to the stream")
    for layer in subject.layers:
        at = f"blocks.{layer}"
        v = p[f"{at}.attn.W_O"].reshape(-1, subject.config.d_model).T
        for token in tokens(subject):
            h, x = trace[f"{at}.attn.hook_z"][token].reshape(-1), Enclosure(subject.stream(layer)[token])
            x = x + p[f"{at}.attn.b_O"]
            said = ball(x + Enclosure(v) @ Enclosure(h), trace[f"{at}.hook_resid_mid"][token])
            yield Bound(f"heads of layer {layer}, token {token}", {"x": x, "V": v, "h": h}, equals=said)


@bind("VW-U3")
def logits(subject: Subject) -> Iterator[Bound]:
    """W is the unembedding, x what the last norm hands on."""
    if not subject.config.unembed:
        raise Inapplicable("it unembeds nothing")
    w, b = subject.weight("unembed.W_U"), Enclosure(subject.model.parameters["unembed.b_U"])
    for token in tokens(subject):
        x = subject.trace["unembed.hook_in"][token]
        said = ball(w @ Enclosure(x) + b, subject.trace["unembed.hook_out"][token])
        yield Bound(f"logits, token {token}", {"W": w, "x": x}, equals=said - b)


def _columns(weight: Array) -> Enclosure:
    """A projection [d_model, n] as the book has it, [n, d_model]; those of several heads one below the other."""
    flat = weight if weight.ndim == 2 else weight.transpose(1, 0, 2).reshape(weight.shape[1], -1)
    return Enclosure(flat.T)
