"""Sublayers of a run as the book writes layers: x + V phi(W x) at one token, with what was recorded on the way.

Attention at a token is V h with h = z, the values under the pattern, whatever the other tokens are: phi is constant. An
MLP reads W x with the norm's gain, and its scale as it was at this token, folded into W. Biases come from one more
hidden unit, which is always 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject
from ..enclosures import enclosed
from ..enclosures.enclosed_functions import ACTIVATIONS
from ..enclosures.enclosure import Enclosure, concatenate
from ..enclosures.sliced import product
from ..functions import Array
from .steps import ball

Phi = Callable[[Enclosure], Enclosure]


@dataclass(frozen=True)
class Sublayer:
    """x + V phi(W x), what it is called, and what a run recorded before and behind it.

    tokens: what was before, a column for each token [d, pos]. plain: the step, with the radius of a plain run.
    """

    name: str
    tokens: Enclosure
    token: int
    W: Enclosure
    phi: Phi
    V: Enclosure
    plain: Callable[[Enclosure], Enclosure]
    after: Array

    @property
    def before(self) -> Enclosure:
        """What was before at the token [d, 1]."""
        return self.tokens[:, self.token : self.token + 1]

    def step(self, x: Enclosure) -> Enclosure:
        """The stream behind it."""
        return x + product(self.V, self.phi(product(self.W, x)))


def behind(sublayer: Sublayer, x: Enclosure) -> Enclosure:
    """What the sublayer makes of x, and what the run recorded with it, if a correct run may have recorded that;
    otherwise what was recorded alone, so that no equation hides a fault."""
    return ball(sublayer.step(x), sublayer.after, sublayer.plain(x))


def attention(subject: Subject, layer: int, token: int) -> Sublayer:
    """The attention of a layer at a token."""
    c, p = subject.config, subject.model.parameters
    at = f"blocks.{layer}"
    z = subject.trace[f"{at}.attn.hook_z"][token : token + 1]
    heads = p[f"{at}.attn.W_O"].reshape(-1, c.d_model)
    V = np.concatenate([heads.T, p[f"{at}.attn.b_O"].reshape(-1, 1)], axis=1)
    h = Enclosure(np.append(z.reshape(-1), 1.0).reshape(-1, 1))
    reads = [subject.w_v(layer, n).mid for n in subject.heads]
    W = np.concatenate([*reads, np.zeros((1, c.d_model))])
    start = Enclosure(subject.stream(layer))
    if c.residual == "pre-as-printed":
        start = enclosed.affine(subject.model, f"{at}.ln1", subject.trace[f"{at}.ln1.hook_normalized"])

    def plain(x: Enclosure) -> Enclosure:
        return x + enclosed.attention_out(subject.model, layer, z).T

    after = subject.trace[f"{at}.hook_resid_mid"][token].reshape(-1, 1)
    return Sublayer(f"attention {layer}", start.T, token, Enclosure(W), lambda _: h, Enclosure(V), plain, after)


def mlp(subject: Subject, layer: int, token: int) -> Sublayer:
    """The MLP of a layer at a token, with the scale of its norm as it was."""
    c, p, model = subject.config, subject.model.parameters, subject.model
    at = f"blocks.{layer}"
    normed = c.residual == "pre"
    before = subject.trace[f"{at}.hook_resid_mid" if normed else f"{at}.hook_normalized_resid_mid"]
    sides = ("W_gate", "W_in") if c.gated else ("W_in",)
    raw = Enclosure(np.concatenate([p[f"{at}.mlp.{side}"] for side in sides], axis=1).T)
    W, offset = (
        folded(subject, f"{at}.ln2", raw, Enclosure(before[token].reshape(-1, 1)))
        if normed
        else (raw, Enclosure(np.zeros((len(raw), 1))))
    )
    n, bias = c.d_mlp, enclosed.parameter(model, f"{at}.mlp.b_in").reshape(-1, 1)
    act, one = ACTIVATIONS[c.activation], np.ones((1, 1))

    def phi(h: Enclosure) -> Enclosure:
        read = h[:-1] + offset
        if c.gated:
            return concatenate([act(read[:n]) * read[n:] + bias, np.zeros((n, 1)), one])
        return concatenate([act(read + bias), one])

    unused = [np.zeros((c.d_model, n))] if c.gated else []
    V = np.concatenate([p[f"{at}.mlp.W_out"].T, *unused, p[f"{at}.mlp.b_out"].reshape(-1, 1)], axis=1)

    def plain(x: Enclosure) -> Enclosure:
        read = enclosed.norm(model, f"{at}.ln2", x.T) if normed else x.T
        return x + enclosed.mlp(model, layer, read).T

    after = subject.trace[f"{at}.hook_resid_post"][token].reshape(-1, 1)
    reads = concatenate([W, np.zeros((1, c.d_model))])
    return Sublayer(f"MLP {layer}", Enclosure(before.T), token, reads, phi, Enclosure(V), plain, after)


def centred(subject: Subject, x: Enclosure) -> Enclosure:
    """A column less its mean for LayerNorm, itself for RMSNorm; as `enclosed.centred`, but narrower."""
    if subject.config.norm == "rms":
        return x
    return x - product(np.ones((1, len(x))), x) / float(len(x))


def normalized(subject: Subject, x: Enclosure) -> Enclosure:
    """A column behind the norm, without gain and bias."""
    c = centred(subject, x)
    return c / scale(subject, c)


def scale(subject: Subject, c: Enclosure) -> Enclosure:
    """The norm's scale of a column that is centred already, [1, 1]."""
    return (product(c.T, c) / float(len(c)) + subject.config.eps).sqrt()


def folded(subject: Subject, at: str, W: Enclosure, x: Enclosure) -> tuple[Enclosure, Enclosure]:
    """W G P / s and W b, for the norm `at` with gain G and bias b, centring P and the scale s that x [d, 1] has."""
    model = subject.model
    s = scale(subject, centred(subject, x))
    scaled = W * enclosed.parameter(model, f"{at}.w").reshape(1, -1)
    if model.config.norm == "layer":
        d = model.config.d_model
        scaled = scaled - product(scaled, np.ones((d, 1))) / float(d)
        return scaled / s, product(W, enclosed.parameter(model, f"{at}.b").reshape(-1, 1))
    return scaled / s, Enclosure(np.zeros((len(W), 1)))


def chains(subject: Subject, layers: list[int]) -> Iterator[list[Sublayer]]:
    """The sublayers of some layers at the last token, those together between which the stream is only added to."""
    for layer in layers:
        both = [attention(subject, layer, -1 % len(subject.tokens)), mlp(subject, layer, -1 % len(subject.tokens))]
        if subject.config.residual == "pre":
            yield both
        else:
            yield from ([one] for one in both)


def called(chain: list[Sublayer]) -> str:
    """How reports call several sublayers."""
    return ", ".join(s.name for s in chain)


def stream(chain: list[Sublayer]) -> dict[int, Enclosure]:
    """What was before the sublayers and behind each of them: x[0] .. x[L]."""
    found = {0: chain[0].before}
    for i, sublayer in enumerate(chain, 1):
        found[i] = behind(sublayer, found[i - 1])
    return found
