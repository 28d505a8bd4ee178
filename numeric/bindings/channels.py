"""Reading and writing (VW-U1, U3, U5, U6, U7): what the layers of a run read and add to the stream."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from ..claims.binding import Bound, Inapplicable, bind, unbound
from ..claims.subject import Subject, some
from ..claims.weights import Weight
from ..enclosures import enclosed
from ..enclosures.enclosure import Enclosure, concatenate, enclose
from ..enclosures.recorded import recorded
from ..enclosures.sliced import product
from ..enclosures.verified import quick_right_inverse
from .capacity import numbered
from .kept import layers, per_subject
from .letters import few_of_neuron, named, neurons, one_a_layer, widened
from .ranks import erasing
from .steps import Steps, ball
from .sublayers import Sublayer, attention, called, chains, mlp, stream

unbound("a vector of R^D cannot be added to one of R^d, so that no weights can play its letters", "VW-U5b")
unbound("the product has no type, so that no weights can play its letters", "VW-U7")


def of_all(values: Any) -> Enclosure:
    """The sum over all tokens as a column [n, 1]: what is linear at each token is linear for their sum."""
    return enclose(values).sum(axis=0).reshape(-1, 1)


@bind("VW-U3")
def reads(subject: Subject) -> Iterator[Bound]:
    """W of an MLP (its gate, if it has one), what it reads, and what was recorded less its bias, all tokens added."""
    gated, n = subject.config.gated, float(len(subject.tokens))
    for layer in subject.layers:
        x = Steps.of(subject).mlp_read(layer)
        W = subject.gate(layer) if gated else subject.read(layer)
        pre = recorded(subject.trace, f"blocks.{layer}.mlp.hook_pre", enclosed.mlp_in(subject.model, layer, x))
        equals = of_all(pre)
        if not gated:
            equals = equals - subject.bias(f"blocks.{layer}.mlp.b_in") * n
        yield Bound(f"MLP {layer}", {"W": W, "x": of_all(x)}, equals=equals)


@bind("VW-U3a")
def writes(subject: Subject) -> Iterator[Bound]:
    """V of an MLP, its hidden vector, and the stream behind it as recorded, less its bias, of all tokens added."""
    for layer in subject.layers:
        at = f"blocks.{layer}"
        mid = "hook_resid_mid" if subject.config.residual == "pre" else "hook_normalized_resid_mid"
        x, post = subject.trace[f"{at}.{mid}"], subject.trace[f"{at}.mlp.hook_post"]
        plain = enclosed.mlp_out(subject.model, layer, post) + x
        behind = of_all(recorded(subject.trace, f"{at}.hook_resid_post", plain))
        bias = subject.bias(f"{at}.mlp.b_out") * float(len(x))
        letters = {"V": subject.write(layer), "x": of_all(x), "h": of_all(post)}
        yield Bound(f"MLP {layer}", letters, equals=behind - bias)


@bind("VW-U1")
def residual_layers(subject: Subject) -> Iterator[Bound]:
    """The sublayers of some layers at the last token, and the stream that was recorded behind each."""
    token = len(subject.tokens) - 1
    for layer in layers(subject, 6):
        for one in (attention(subject, layer, token), mlp(subject, layer, token)):
            letters = {"x": one.before, "W": one.W, "V": one.V, "phi": one.phi}
            equals = Enclosure(one.after, 2 * one.plain(one.before).rad)
            yield Bound(one.name, letters, equals=equals)


@bind("VW-U1a")
def twice_the_stream(subject: Subject) -> Iterator[Bound]:
    """The stream at the last token, twice the stream, both behind an RMS norm, and the read of an MLP."""
    d = subject.config.d_model
    for layer in layers(subject, 4):
        x = Enclosure(subject.stream(layer)[-1].reshape(-1, 1))
        letters: dict[str, Any] = {"q": Fraction(1, d), "x": x, "W": neurons(subject.read(layer), 64)}
        for name, vector in (("", x), ("2", x + x)):
            s = (vector.norm2() / float(d)).sqrt().reshape(1, 1)
            letters |= {f"s{name}": s, f"y{name}": vector / s}
        yield Bound(f"MLP {layer}", letters, made=(4, 5, 6, 7))


def normed(subject: Subject, at: str, x: Enclosure, token: int) -> dict[str, Any]:
    """The letters of a norm at a token: gain, bias, centring, scale s and t = 1/s, and z as it was recorded."""
    model, d = subject.model, subject.config.d_model
    layer_norm = subject.config.norm == "layer"
    s = Enclosure(subject.trace[f"{at}.hook_scale"][token].reshape(1, 1))
    exact, plain = x - x.sum() / float(d) if layer_norm else x, enclosed.centred(model, x.T).T
    z = ball(exact / s, subject.trace[f"{at}.hook_normalized"][token].reshape(-1, 1), plain / s)
    P = Enclosure(np.eye(d))
    return {
        "G": np.diag(model.parameters[f"{at}.w"]),
        "b": subject.bias(f"{at}.b") if layer_norm else np.zeros((d, 1)),
        "P": P - Enclosure(np.ones((d, d))) / float(d) if layer_norm else P,
        **{"s": s, "t": 1.0 / s, "z": z},
    }


@bind("VW-U1b")
def behind_norms(subject: Subject) -> Iterator[Bound]:
    """The norms that stand before or behind an MLP, with what they read at the last token, and a read of it."""
    token = len(subject.tokens) - 1
    for layer in layers(subject, 8):
        at = "ln1" if subject.config.residual == "post" else "ln2"
        x = Enclosure(subject.trace[f"blocks.{layer}.hook_resid_mid"][token].reshape(-1, 1))
        letters = normed(subject, f"blocks.{layer}.{at}", x, token)
        letters |= {"x": x, "W": neurons(subject.read(layer), 64)}
        yield Bound(f"{at} of layer {layer}", letters, made=(2,), model=(1,))


@bind("VW-U5")
def same_dimension(subject: Subject) -> Iterator[Bound]:
    """The sublayers of some layers at the last token, and the stream as it was recorded behind them."""
    for chain in chains(subject, layers(subject, 4)):
        x = stream(chain)
        letters = {**network(chain), "x": x, "x0": chain[0].before}
        L = len(chain)
        yield Bound(
            called(chain),
            letters,
            nats={"L": L},
            tried={"y": [Enclosure(chain[-1].after) if not x[L].rad.any() else x[L]]},
        )


def network(chain: list[Sublayer]) -> dict[str, Any]:
    """W, V and phi of sublayers, counted from 1."""
    return {
        "W": numbered([s.W for s in chain]),
        "V": numbered([s.V for s in chain]),
        "phi": numbered([s.phi for s in chain]),
    }


@bind("VW-U5a")
def erased(subject: Subject) -> Iterator[Bound]:
    """The layer that reads as a neuron does, and writes what the neuron writes so that nothing is left of it."""
    for layer in layers(subject, 4):
        yield Bound(f"neuron {layer}.0 erased", {"T": erasing(subject, layer)})


@bind("VW-U6")
def addressed(subject: Subject) -> Iterator[Bound]:
    """A neuron, and as many neurons of another MLP as read the whole stream: what they do not hear is 0."""
    d = subject.config.d_model
    if subject.config.d_mlp < d:
        raise Inapplicable("no MLP is as wide as the stream")
    for j, k in subject.pairs(3):
        letters = {"W_j": neurons(subject.read(j), 1), "W_k": neurons(subject.read(k), d)}
        yield Bound(f"neuron {j}.0, apart from MLP {k}", letters)


@bind("VW-U6a")
def addressed_alone(subject: Subject) -> Iterator[Bound]:
    """Two heads, and what the first reads and the second does not, as reads of both are independent."""
    heads = one_a_layer(subject, 5, least=2)
    for j, k in pairwise(heads):
        both = quick_right_inverse(concatenate([j.read, k.read]))
        yield Bound(named([j, k]), {"W_j": j.read, "W_k": k.read}, tried={"n": [1], "V": [both[:, :1]]})


@bind("VW-U7a")
def only_what_is_sent(subject: Subject) -> Iterator[Bound]:
    """The stream at the last token, what an MLP adds to it, and what the next one reads of both."""
    token = len(subject.tokens) - 1
    for i, j in some([(i, i + 1) for i in list(subject.layers)[:-1]], 4):
        h = subject.trace[f"blocks.{i}.mlp.hook_post"][token]
        letters = {"W_j": neurons(subject.read(j), 64), "V_i": subject.write(i), "h_i": h}
        yield Bound(f"MLP {i} -> MLP {j}", {**letters, "x0": subject.stream(i)[token]})


@bind("VW-U7b")
def attributed(subject: Subject) -> Iterator[Bound]:
    """All that was added to the stream at the last token, heads, MLPs and biases apart, and what an MLP reads of it."""
    for where, layer, x, V, h in added(subject):
        R = neurons(subject.read(layer), 64)
        letters = {"R": R, "V": numbered(V), "h": numbered(h), "x": x, "x0": x[0]}
        yield Bound(where, letters, nats={"L": len(V)})


Added: TypeAlias = tuple[str, int, dict[int, Enclosure], list[Any], list[Any]]


@per_subject
def added(subject: Subject) -> list[Added]:
    """What sublayers wrote at the last token as V h, biases as layers of their own, and the stream in between."""
    token, p = len(subject.tokens) - 1, subject.model.parameters
    groups = [list(subject.layers)] if subject.config.residual == "pre" else [[at] for at in layers(subject, 8)]
    kinds = ("attention", "mlp") if subject.config.residual == "pre" else None
    found: list[Added] = []
    for group in groups:
        for kind in [kinds] if kinds else [("attention",), ("mlp",)]:
            x: dict[int, Enclosure] = {}
            V: list[Any] = []
            h: list[Any] = []
            for layer in group:
                at = f"blocks.{layer}"
                for one in kind:
                    start, after, plain = _step(subject, layer, one, token)
                    if not x:
                        x[0] = start
                    known = "attn.hook_z" if one == "attention" else "mlp.hook_post"
                    weight, bias = ("attn.W_O", "attn.b_O") if one == "attention" else ("mlp.W_out", "mlp.b_out")
                    V += [
                        Weight(p[f"{at}.{weight}"].reshape(-1, subject.config.d_model).T),
                        subject.bias(f"{at}.{bias}"),
                    ]
                    h += [subject.trace[f"{at}.{known}"][token].reshape(-1, 1), np.ones((1, 1))]
                    last = len(x)
                    x[last] = x[last - 1] + product(V[-2], h[-2])
                    exact = x[last] + V[-1]
                    x[last + 1] = ball(exact, after, x[last - 1] + plain)
            found.append((f"{' and '.join(kind)}, layers {group[0]} to {group[-1]}", group[-1], x, V, h))
    return found


def _step(subject: Subject, layer: int, kind: str, token: int) -> tuple[Enclosure, Any, Enclosure]:
    """What was before, what was recorded behind, and what was added, with the radius of a plain run; columns."""
    at, model, trace = f"blocks.{layer}", subject.model, subject.trace
    if kind == "attention":
        z = trace[f"{at}.attn.hook_z"][token : token + 1]
        start = Enclosure(subject.stream(layer)[token : token + 1])
        if subject.config.residual == "pre-as-printed":
            start = enclosed.affine(model, f"{at}.ln1", trace[f"{at}.ln1.hook_normalized"][token : token + 1])
        return start.T, trace[f"{at}.hook_resid_mid"][token].reshape(-1, 1), enclosed.attention_out(model, layer, z).T
    post = trace[f"{at}.mlp.hook_post"][token : token + 1]
    name = "hook_resid_mid" if subject.config.residual == "pre" else "hook_normalized_resid_mid"
    start = Enclosure(trace[f"{at}.{name}"][token : token + 1])
    return start.T, trace[f"{at}.hook_resid_post"][token].reshape(-1, 1), enclosed.mlp_out(model, layer, post).T


@bind("VW-U7c")
def attributed_behind_a_norm(subject: Subject) -> Iterator[Bound]:
    """The same behind the next norm: that of the unembedding, of the MLP, or behind the block; read by an MLP."""
    token = len(subject.tokens) - 1
    for where, layer, x, V, h in added(subject):
        L = len(V)
        if subject.config.residual == "pre":
            at = "ln_final" if subject.config.final_norm else ""
        elif "attention" in where:
            at = f"blocks.{layer}.{'ln1' if subject.config.residual == 'post' else 'ln2'}"
        else:
            at = f"blocks.{layer}.{'ln2' if subject.config.residual == 'post' else 'ln3'}"
        if at:
            letters = {**normed(subject, at, x[L], token), "W": neurons(subject.read(layer), 64)}
            letters |= {"V": numbered(V), "h": numbered(h), "x": x, "x0": x[0]}
            yield Bound(f"{where}, {at}", letters, made=(2,), model=(1,), nats={"L": L})


@bind("VW-U7d")
def wider_streams(subject: Subject) -> Iterator[Bound]:
    """An MLP at the last token, read by the first neurons of its layer, and the same in a stream to which is added what
    a neuron reads."""
    for layer in layers(subject, 2):
        one = mlp(subject, layer, len(subject.tokens) - 1)
        M, N = widened(*few_of_neuron(subject))
        W, V = {1: one.W, 2: neurons(subject.read(layer), 16)}, {1: one.V}
        letters = {"W": W, "V": V, "phi": {1: one.phi}, "x": stream([one]), "x0": one.before}
        letters |= {"W_b": {i: product(w, N) for i, w in W.items()}, "V_b": {1: product(M, one.V)}}
        yield Bound(one.name, {**letters, "y0": product(M, one.before)}, made="all", nats={"L": 1})
