"""No privileged basis (VW-L1, TH-4): the same layers in another basis of the stream, in a wider one, behind norms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..claims.binding import Bound, bind
from ..claims.subject import Subject
from ..claims.weights import Weight
from ..enclosures import enclosed
from ..enclosures.enclosed_functions import ACTIVATIONS, relu
from ..enclosures.enclosure import Enclosure, concatenate
from ..enclosures.sliced import product
from .capacity import numbered
from .channels import network
from .kept import layers
from .letters import few_entries, few_of_neuron, neurons, reflection, widened
from .steps import ball
from .sublayers import Phi, Sublayer, attention, called, chains, mlp, normalized, stream


def ends(subject: Subject, tokens: Enclosure) -> dict[str, Any]:
    """E, the streams of all tokens as columns; t, which picks the last; U, what unembeds the text's tokens."""
    p, ids = subject.model.parameters, subject.tokens
    U = p["unembed.W_U"][:, ids].T if subject.config.unembed else p["embed.W_E"][ids]
    t = np.zeros((len(ids), 1))
    t[-1] = 1.0
    return {"E": tokens, "t": t, "U": Weight(U)}


@bind("VW-L1")
def rotated(subject: Subject) -> Iterator[Bound]:
    """The sublayers of some layers at the last token, and a reflection along a neuron's largest writes."""
    for chain in chains(subject, layers(subject, 2)):
        R = reflection(few_entries(neurons(subject.write(0), 1)))
        letters = {**network(chain), **ends(subject, chain[0].tokens), "R": R, "x": stream(chain)}
        yield Bound(called(chain), letters, made=(1,), nats={"L": len(chain)})


@bind("VW-L1a")
def widened_streams(subject: Subject) -> Iterator[Bound]:
    """The same in a stream to which is added what a neuron reads of it; biases are written beside V."""
    for chain in chains(subject, layers(subject, 2)):
        M, N = widened(*few_of_neuron(subject))
        letters = {**network(chain), **ends(subject, chain[0].tokens), "M": M, "N": N, "x": stream(chain)}
        letters["W"] = numbered([s.W[:-1] for s in chain])
        letters["V"] = numbered([s.V[:, :-1] for s in chain])
        letters["b"] = numbered([s.V[:, -1:] for s in chain])
        letters["phi"] = numbered([without_last(s.phi) for s in chain])
        yield Bound(called(chain), letters, made=(1,), nats={"L": len(chain)})


def without_last(phi: Phi) -> Phi:
    """The nonlinearity without the hidden unit that is always 1."""
    return lambda h: phi(concatenate([h, np.zeros((1, 1))]))[:-1]


@bind("VW-L1d")
def folded_gains(subject: Subject) -> Iterator[Bound]:
    """Gain and bias of the norm that an MLP reads behind, what was recorded in front of them, and the MLP's bias."""
    c, p = subject.config, subject.model.parameters
    for layer in layers(subject, 4):
        at = f"blocks.{layer}.{'ln1' if c.residual == 'post' else 'ln2'}"
        bias = subject.bias(f"{at}.b") if c.norm == "layer" else np.zeros((c.d_model, 1))
        letters = {"W": subject.read(layer), "G": np.diag(p[f"{at}.w"]), "b": bias}
        letters |= {"c": subject.bias(f"blocks.{layer}.mlp.b_in"), "h": subject.trace[f"{at}.hook_normalized"][-1]}
        yield Bound(f"{at}, MLP {layer}", letters)


# ---------------------------------------------------------------- behind norms
@dataclass(frozen=True)
class Behind:
    """An MLP behind its norm, whose scale is not fixed: x + V phi(W norm(x)), with gain and bias folded into W, phi."""

    W: Enclosure
    phi: Phi
    V: Enclosure


def mlp_behind_norm(subject: Subject, layer: int) -> Behind:
    """The MLP of a layer behind the norm that it reads behind."""
    c, p = subject.config, subject.model.parameters
    at = f"blocks.{layer}.{'ln1' if c.residual == 'post' else 'ln2'}"
    known = mlp(subject, layer, len(subject.tokens) - 1)
    sides = ("W_gate", "W_in") if c.gated else ("W_in",)
    raw = Enclosure(np.concatenate([p[f"blocks.{layer}.mlp.{side}"] for side in sides], axis=1).T)
    W = raw * enclosed.parameter(subject.model, f"{at}.w").reshape(1, -1)
    bias = enclosed.parameter(subject.model, f"blocks.{layer}.mlp.b_in").reshape(-1, 1)
    offset: Any = product(raw, subject.bias(f"{at}.b")) if c.norm == "layer" else np.zeros((len(raw), 1))
    act, n = ACTIVATIONS[c.activation], c.d_mlp

    def phi(h: Enclosure) -> Enclosure:
        read = h[:-1] + offset
        if c.gated:
            return concatenate([act(read[:n]) * read[n:] + bias, np.zeros((n, 1)), np.ones((1, 1))])
        return concatenate([act(read + bias), np.ones((1, 1))])

    return Behind(concatenate([W, np.zeros((1, c.d_model))]), phi, known.V)


def norm(subject: Subject) -> Phi:
    """The norm without gain and bias, of a column."""
    return lambda x: normalized(subject, x)


def behind_norms(subject: Subject) -> Iterator[tuple[str, dict[str, Any], Enclosure]]:
    """Letters of layers behind norms, and the streams of all tokens before them. Of a model whose sublayers read behind
    norms, those of one layer, with the stream as recorded; of another, an MLP as if its norm belonged to it."""
    token = len(subject.tokens) - 1
    if subject.config.residual == "pre":
        for layer in layers(subject, 2):
            first, second = attention(subject, layer, token), mlp(subject, layer, token)
            normed = mlp_behind_norm(subject, layer)
            x = {0: first.before}
            for i, s in enumerate((first, second), 1):
                x[i] = _after(s, normed, norm(subject), x[i - 1])
            letters: dict[str, Any] = {"W": {1: first.W, 2: normed.W}, "phi": {1: first.phi, 2: normed.phi}}
            letters |= {"V": {1: first.V, 2: normed.V}, "x": x}
            yield called([first, second]), letters, first.tokens
        return
    for layer in layers(subject, 2):
        one = mlp_behind_norm(subject, layer)
        before = Enclosure(subject.trace[f"blocks.{layer}.hook_resid_mid"].T)
        yield f"MLP {layer} behind its norm", {"W": {1: one.W}, "phi": {1: one.phi}, "V": {1: one.V}}, before


def _after(known: Sublayer, normed: Behind, norm: Phi, x: Enclosure) -> Enclosure:
    """What was recorded behind a sublayer, with its exact value."""
    if known.name.startswith("attention"):
        return ball(known.step(x), known.after, known.plain(x))
    exact = x + product(normed.V, normed.phi(product(normed.W, norm(x))))
    return ball(exact, known.after, known.plain(x))


@bind("TH-4")
def commuting(subject: Subject) -> Iterator[Bound]:
    """Layers behind norms, and a reflection with which the norm commutes: along a neuron's largest writes, centred for
    LayerNorm, so that the all-ones direction stays."""
    v = few_entries(neurons(subject.write(0), 1))
    if subject.config.norm == "layer":
        some = (v.mid != 0).astype(float)
        v = v - some * (v.sum() / float(some.sum()))
    M = reflection(v)
    for where, letters, tokens in behind_norms(subject):
        letters |= {**ends(subject, tokens), "M": M, "N": M, "norm": norm(subject)}
        yield Bound(where, letters, made="all", nats={"L": len(letters["V"])})


@bind("VW-L1e")
def centred_writes(subject: Subject) -> Iterator[Bound]:
    """The same layers with the centring of LayerNorm as P, and the rest of the norm in phi; P is I for RMSNorm."""
    d = subject.config.d_model
    P = Enclosure(np.eye(d))
    if subject.config.norm == "layer":
        P = P - Enclosure(np.ones((d, d))) / float(d)
    for where, letters, tokens in behind_norms(subject):
        W, phi = letters.pop("W"), letters["phi"]
        letters["phi"] = {i: _of_stream(phi[i], W[i], norm(subject)) for i in phi}
        ends_of = ends(subject, tokens)
        letters |= {"E": ends_of["E"], "t": ends_of["t"], "P": P}
        yield Bound(where, letters, nats={"L": len(letters["V"])})


def _of_stream(phi: Phi, W: Enclosure, norm: Phi) -> Phi:
    return lambda u: phi(product(W, norm(u)))


# ---------------------------------------------------------------- nonlinearities
@bind("VW-L1j")
def rotated_hidden_units(subject: Subject) -> Iterator[Bound]:
    """The activation, what some neurons had before it at the last token, and their reflection along themselves."""
    for layer in layers(subject, 4):
        h = subject.trace[f"blocks.{layer}.mlp.hook_pre"][-1][:64].reshape(-1, 1)
        letters = {"h": h, "Q": reflection(h), "rho": ACTIVATIONS[subject.config.activation]}
        yield Bound(f"neurons of MLP {layer}", letters, made="all")


@bind("VW-L1k")
def two_entries(subject: Subject) -> Iterator[Bound]:
    """ReLU, and two entries of a read."""
    for layer in layers(subject, 4):
        v, w = neurons(subject.read(layer), 1).mid[0, :2].tolist()
        tried: dict[str, list[Any]] = {"x": [1, 1, 0], "y": [-1, 0, 1]}
        yield Bound(f"neuron {layer}.0", {"v": v, "w": w, "relu": relu}, made="all", tried=tried)
