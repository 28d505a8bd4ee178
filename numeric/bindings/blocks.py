"""Blocks (RS-U1, RS-U5 to RS-U8, RS-L1, RS-P1.1, RS-C1.1): what a run recorded agrees with the chapter's equations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject, some
from ..enclosures import enclosed
from ..enclosures.enclosed_functions import relu, softmax
from ..enclosures.enclosure import Enclosure, concatenate
from .steps import Steps, ball, identity, on_columns, ran, rounded

MOST_LOGITS = 2000  # of a token, for which the unembedding is read

unbound("it is no statement: a vector inside a sublayer has no sum with the stream", "RS-P1", "RS-O1", "RS-U7")


def six_steps(subject: Subject, layer: int) -> dict[str, Any]:
    """The steps of a block: norms before the sublayers count as parts of them, and the norms behind the sums as none;
    as printed, the chapter's pre-norm block starts from the normalised tokens, with keys and values from the stream."""
    steps, at, trace, kind = Steps.of(subject), f"blocks.{layer}", subject.trace, subject.config.residual
    x, mid, post = Enclosure(subject.stream(layer)), trace[f"{at}.hook_resid_mid"], trace[f"{at}.hook_resid_post"]
    attn_out, mlp_out = trace[f"{at}.hook_attn_out"], trace[f"{at}.hook_mlp_out"]
    maps: dict[str, Any] = {"LN1": identity, "LN2": identity}
    if kind == "pre":
        t2, t3, end = mid, mid, post
        attend, mlp = steps.attention_layer(layer), steps.mlp_layer(layer)
    else:
        t2, t3 = mid, trace[f"{at}.hook_normalized_resid_mid"]
        end = trace[f"{at}.hook_normalized_resid_post"]
        attend, mlp = steps.attend(layer), steps.mlp(layer)
        first, second = ("ln1", "ln2") if kind == "post" else ("ln2", "ln3")
        maps["LN1"] = ran(steps.norm(f"{at}.{first}"), Enclosure(t2), t3)
        maps["LN2"] = ran(steps.norm(f"{at}.{second}"), Enclosure(post), end)
    if kind == "pre-as-printed":
        attend, x = steps.attend_to(layer, x), steps.attention_read(layer)
    maps |= {"MHA": ran(attend, x, attn_out), "FFN": ran(mlp, Enclosure(t3), mlp_out)}
    values = {"T1": attn_out, "T2": t2, "T3": t3, "T4": mlp_out, "T5": post, "H": end}
    return {**maps, "X": x, **{name: Enclosure(value) for name, value in values.items()}}


@bind("RS-L1")
def closed_form(subject: Subject) -> Iterator[Bound]:
    """The six steps of every block with what was recorded of each."""
    for layer in subject.layers:
        yield Bound(f"block {layer}", six_steps(subject, layer), model="all")


@bind("RS-U5")
def first_sum(subject: Subject) -> Iterator[Bound]:
    """What is recorded behind attention is what it wrote added to the stream, rounded once."""
    for layer in subject.layers:
        letters = six_steps(subject, layer)
        yield Bound(f"block {layer}", {k: letters[k] for k in ("T1", "X")}, equals=rounded(letters["T2"].mid))


@bind("RS-U8")
def second_sum(subject: Subject) -> Iterator[Bound]:
    """What is recorded behind the MLP is what it wrote added to what it read (or what its norm read), rounded once."""
    for layer in subject.layers:
        letters = six_steps(subject, layer)
        found = {k: letters[k] for k in ("FFN", "LN1", "T2")}
        yield Bound(f"block {layer}", found, equals=rounded(letters["T5"].mid))


@bind("RS-U1")
def widths(subject: Subject) -> Iterator[Bound]:
    """A token's stream with what its heads hold (z, all heads side by side) and its hidden units (a); a unit that is
    always 1 carries the output biases. Read for the last token, and for the one of which a hidden unit is largest."""
    for layer in subject.layers:
        post = subject.trace[f"blocks.{layer}.mlp.hook_post"]
        largest = int(np.abs(np.where(np.isfinite(post), post, 0)).max(axis=1).argmax())
        for token in sorted({largest, len(post) - 1}):
            yield _token(subject, layer, token)


def _token(subject: Subject, layer: int, token: int) -> Bound:
    at, p, trace, model = f"blocks.{layer}", subject.model.parameters, subject.trace, subject.model
    x, z, a = subject.stream(layer)[token], trace[f"{at}.attn.hook_z"][token], trace[f"{at}.mlp.hook_post"][token]
    z, a = (np.where(np.isfinite(v), v, 0) for v in (z, a))  # what is no number is not what was written
    w_o = p[f"{at}.attn.W_O"].reshape(-1, subject.config.d_model).T
    one = np.ones((1, 1))
    letters = {
        "x": Enclosure(x),
        "z": Enclosure(np.vstack([z.reshape(-1, 1), one])),
        "a": Enclosure(np.vstack([a.reshape(-1, 1), one])),
        "W_O": Enclosure(np.hstack([w_o, p[f"{at}.attn.b_O"][:, None]])),
        "W_2": Enclosure(np.hstack([p[f"{at}.mlp.W_out"].T, p[f"{at}.mlp.b_out"][:, None]])),
    }
    attn = ball(enclosed.attention_out(model, layer, z[None]), trace[f"{at}.hook_attn_out"][token][None])
    mlp = ball(enclosed.mlp_out(model, layer, a[None]), trace[f"{at}.hook_mlp_out"][token][None])
    return Bound(f"block {layer}, token {token}", letters, equals=(attn + mlp + x).T)


@bind("RS-U7b")
def network(subject: Subject) -> Iterator[Bound]:
    """An MLP of what its last token reads; a gated one reads twice as many numbers, and half of its second matrix is
    0."""
    steps = Steps.of(subject)
    for layer in some(subject.layers, 8):
        read = steps.mlp_read(layer)
        found = ball(steps.mlp(layer)(read), subject.trace[f"blocks.{layer}.hook_mlp_out"])
        letters = {**_mlp(subject, layer), "x": read[-1:].T}
        yield Bound(f"MLP {layer}, last token", letters, equals=found[-1:].T)


@bind("RS-U7b")
def last_layer(subject: Subject) -> Iterator[Bound]:
    """The last norm, a nonlinear map of what it reads, and the unembedding to some of the vocabulary behind it."""
    c, p, steps = subject.config, subject.model.parameters, Steps.of(subject)
    if not c.unembed:
        raise Inapplicable("it has no unembedding")
    rows = np.array(sorted({*some(range(c.d_vocab), MOST_LOGITS), *map(int, subject.tokens)}))
    read = Enclosure(subject.stream(c.n_layers)[-1:])
    norm = steps.norm("ln_final") if c.final_norm else identity
    w, b = p["unembed.W_U"][:, rows], p["unembed.b_U"][rows][:, None]
    found = ball((norm(read) @ w).T + b, subject.logits[-1, rows][:, None])
    d, n = c.d_model, max(c.d_model, len(rows))  # one width for what is read and written: zeros fill it up

    def filled(x: Enclosure) -> Enclosure:
        return concatenate([x, Enclosure(np.zeros((n - len(x), x.shape[1])))])

    letters: dict[str, Any] = {"x": filled(read.T), "W_1": np.eye(d, n), "b_1": np.zeros(d), "phi": on_columns(norm)}
    letters |= {"W_2": filled(Enclosure(w.T)), "b_2": filled(Enclosure(b))}
    yield Bound("last norm and unembedding, last token", letters, equals=filled(found))


def _mlp(subject: Subject, layer: int) -> dict[str, Any]:
    at, p = f"blocks.{layer}.mlp", subject.model.parameters
    act = Steps.of(subject).activation
    b_in, b_2 = p[f"{at}.b_in"][:, None], Enclosure(p[f"{at}.b_out"][:, None])
    if not subject.config.gated:
        return {"W_1": subject.read(layer), "b_1": Enclosure(b_in), "phi": act, "W_2": subject.write(layer), "b_2": b_2}
    m = subject.config.d_mlp

    def phi(z: Enclosure) -> Enclosure:
        return concatenate([act(z[:m]) * z[m:] + b_in, Enclosure(np.zeros((m, 1)))])

    return {
        "W_1": Enclosure(np.vstack([subject.gate(layer).mid, subject.read(layer).mid])),
        "b_1": Enclosure(np.zeros((2 * m, 1))),
        "phi": phi,
        "W_2": Enclosure(np.hstack([subject.write(layer).mid, np.zeros_like(subject.write(layer).mid)])),
        "b_2": b_2,
    }


@bind("RS-U7a")
def one_matrix_only(subject: Subject) -> Iterator[Bound]:
    """The stream of the last token along layers that write the ReLU of their first d_model hidden units as it is."""
    d = subject.config.d_model
    if subject.config.d_mlp < d:
        raise Inapplicable("its MLPs have fewer hidden units than the stream has coordinates")
    layers = some(subject.layers, 6)
    maps = {i + 1: _cut_short(subject, layer) for i, layer in enumerate(layers)}
    letters = {"start": Enclosure(subject.stream(0)[-1]), "e": Enclosure(np.ones(d)), "F": maps}
    yield Bound(f"{len(layers)} MLPs without second matrix", letters, made="all", nats={"L": len(layers)})


def _cut_short(subject: Subject, layer: int) -> Any:
    d = subject.config.d_model
    read, bias = Enclosure(subject.read(layer).mid[:d]), subject.bias(f"blocks.{layer}.mlp.b_in")[:d]
    return lambda x: relu(read @ x + bias)


@bind("RS-U8a")
def forgotten_mean(subject: Subject) -> Iterator[Bound]:
    """A stream, and the same with 1 added to all its coordinates, behind a LayerNorm and an MLP."""
    steps, d = Steps.of(subject), subject.config.d_model
    for layer in some(subject.layers, 2):
        x = Enclosure(subject.trace[f"blocks.{layer}.hook_resid_mid"])
        letters = {**centring(d), "X": x, "Y": x + 1.0, "LN1": steps.plain_norm, "FFN": steps.mlp(layer)}
        yield Bound(f"MLP {layer} behind a LayerNorm", letters, made="all")


def centring(d: int) -> dict[str, Any]:
    """q = 1/d and the all-ones vector."""
    return {"q": Enclosure(1.0) / float(d), "one": Enclosure(np.ones(d))}


@bind("RS-O1a")
def not_linear(subject: Subject) -> Iterator[Bound]:
    """An MLP at what its last token read, and at twice that."""
    steps = Steps.of(subject)
    for layer in some(subject.layers, 4):
        letters = {"F": on_columns(steps.mlp(layer)), "c": 2.0, "x": steps.mlp_read(layer)[-1:].T}
        yield Bound(f"MLP {layer}", letters)


@bind("RS-P1.1")
def two_blocks(subject: Subject) -> Iterator[Bound]:
    """Two blocks, one after the other, and the streams that were recorded."""
    steps = Steps.of(subject)
    for layer in some(range(subject.config.n_layers - 1), 3):
        streams = {i: Enclosure(subject.stream(layer + i)) for i in range(3)}
        f, g = (ran(steps.block(layer + i), streams[i], streams[i + 1].mid) for i in range(2))
        both = [lambda x, f=f, g=g: g(f(x))]
        n, d = streams[0].shape
        yield Bound(
            f"blocks {layer} and {layer + 1}",
            {"f": {1: f, 2: g}},
            nats={"L": 2, "N": n, "d": d},
            tried={"F": both, "x": [streams]},
        )


@bind("RS-C1.1")
def composition(subject: Subject) -> Iterator[Bound]:
    """The same two blocks at the stream that the first read."""
    for found in two_blocks(subject):
        f, g = found.letters["f"].values()
        tried = {"h": found.tried["F"], "X": [found.tried["x"][0][0]]}
        yield Bound(found.where, {"f": f, "g": g}, nats={k: found.nats[k] for k in "Nd"}, tried=tried)


@bind("RS-L1a")
def permuted(subject: Subject) -> Iterator[Bound]:
    """One head, without its mask and its positions, then the next norm, with the tokens moved on by one."""
    steps, n = Steps.of(subject), len(subject.tokens)
    shift = Enclosure(np.roll(np.eye(n), 1, axis=0))
    for layer in some(subject.layers, 2):
        at, head = f"blocks.{layer}", layer % subject.config.n_heads
        w_q, w_k = subject.w_q(layer, head), subject.w_k(layer, head)
        p = subject.model.parameters
        b_q, b_k = (
            p[f"{at}.attn.b_Q"][head],
            p[f"{at}.attn.b_K"][head // (len(subject.heads) // subject.config.n_kv_heads)],
        )
        scale = 1 / Enclosure(float(subject.config.d_head)).sqrt()

        def pattern(
            x: Enclosure, w_q: Any = w_q, w_k: Any = w_k, b_q: Any = b_q, b_k: Any = b_k, scale: Any = scale
        ) -> Enclosure:
            return softmax((x @ w_q.T + b_q) @ (x @ w_k.T + b_k).T * scale)

        rest = steps.norm(f"{at}.ln2" if subject.config.residual == "pre" else f"{at}.ln1")
        letters = {"Pi": shift, "X": steps.attention_read(layer), "A": pattern, "Z": rest}
        letters["B"] = subject.ov(layer, head).T
        yield Bound(f"block {layer} with head {head} only", letters, made="all")
