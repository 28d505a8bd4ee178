"""The sublayers of a model as letters of statements: maps of enclosed sequences, and what they read in the run.

A map is the step in exact arithmetic (`enclosed`), or what the run computed in its place (`ran`): a function too, as a
machine is deterministic, which takes what was read to what was recorded, as long as a correct run may have recorded it
(see `recorded`). Recorded numbers that are exact letters make narrow enclosures. Values are kept, as claims share them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary, proxy

import numpy as np

from ..claims.subject import Subject
from ..enclosures import enclosed
from ..enclosures.elementary import U
from ..enclosures.enclosed_functions import ACTIVATIONS, softmax
from ..enclosures.enclosure import Enclosure
from ..enclosures.recorded import RUN
from ..functions import Array

Step: TypeAlias = Callable[[Enclosure], Enclosure]
KEPT = 4000  # values of maps; a block's takes some 100 kB


def allowed(exact: Enclosure, found: Array) -> bool:
    """Whether a correct run in double precision may have found these numbers for a step with this exact value."""
    return bool((np.abs(exact.mid - found) <= (RUN + 1) * exact.rad * (1 + 8 * U)).all())


def ball(exact: Enclosure, found: Array, plain: Enclosure | None = None) -> Enclosure:
    """The recorded value of a step, and its exact value with it; where no correct run may have found it, itself, so
    that no equation hides a fault.

    plain: the same step with the radius of a plain run, where `exact` is sharper or was got in another way.
    """
    return both(exact, found) if allowed(exact if plain is None else plain, found) else Enclosure(found)


def ran(step: Step, read: Enclosure, found: Array) -> Step:
    """The map that a run computed: where it read exactly this, what it recorded, if a correct run may have found it;
    elsewhere the step in exact arithmetic."""
    correct = allowed(step(read), found)

    def known(x: Enclosure) -> Enclosure:
        value = step(x)
        if not correct or not x.meets(read).all():
            return value
        same = x.exact and read.exact and np.array_equal(x.mid, read.mid)
        return Enclosure(found) if same else both(value, found)

    return known


def both(exact: Enclosure, found: Array) -> Enclosure:
    """The least enclosure around the exact value's that contains what was found."""
    apart = np.abs(exact.mid - found) * (1 + 4 * U)
    return Enclosure(exact.mid, np.maximum(exact.rad, apart))


def on_columns(step: Step) -> Step:
    """The map of one token as a column [d, 1], from a map of sequences [pos, d]."""
    return lambda x: step(x.T).T


def rounded(value: Array) -> Enclosure:
    """What a sum may have been before it was rounded to this value."""
    return Enclosure(value, abs(value) * U * (1 + 2 * U))


def identity(x: Enclosure) -> Enclosure:
    """The map of a norm where there is none."""
    return x


@dataclass(frozen=True)
class Site:
    """A norm of the model: its name, such as "blocks.0.ln1", and what it reads [pos, d_model]."""

    at: str
    read: Enclosure


class Steps:
    """The steps of a subject's model, and of its run. A norm or a sublayer is a map of sequences [pos, d_model]."""

    def __init__(self, subject: Subject) -> None:
        self.model, self.config, self.trace = subject.model, subject.config, subject.trace
        self._subject: Subject = proxy(subject)  # no owner of its own key
        self._known: dict[Any, Enclosure] = {}

    @classmethod
    def of(cls, subject: Subject) -> Steps:
        """Those of the subject, made once."""
        found = _STEPS.get(subject)
        if found is None:
            found = _STEPS[subject] = cls(subject)
        return found

    def stream(self, layer: int) -> Array:
        """What enters a layer, or leaves the last [pos, d_model]."""
        return self._subject.stream(layer)

    def _keep(self, name: str, step: Step) -> Step:
        def found(x: Enclosure) -> Enclosure:
            key = (name, x.shape, x.mid.tobytes(), b"" if x.exact else x.rad.tobytes())
            value = self._known.get(key)
            if value is None:
                if len(self._known) >= KEPT:
                    self._known.clear()
                value = self._known[key] = step(x)
            return value

        return found

    # ------------------------------------------------------------ maps
    def plain_norm(self, x: Enclosure) -> Enclosure:
        """The norm without gain and bias."""
        return enclosed.normalized(self.model, x)

    def norm(self, at: str) -> Step:
        """The norm `at` with gain and bias."""
        return self._keep(at, lambda x: enclosed.norm(self.model, at, x))

    def attend(self, layer: int) -> Step:
        """Attention, of what it reads."""
        return self._keep(f"attention {layer}", lambda x: enclosed.attention(self.model, layer, x, x))

    def attend_to(self, layer: int, source: Enclosure) -> Step:
        """Attention with keys and values from another sequence, which stays as it is."""
        return lambda x: enclosed.attention(self.model, layer, x, source)

    def mlp(self, layer: int) -> Step:
        """The MLP, of what it reads."""
        return self._keep(f"mlp {layer}", lambda x: enclosed.mlp(self.model, layer, x))

    def attention_layer(self, layer: int) -> Step:
        """Attention of its norm: what it writes, from the stream of a pre-norm model."""
        norm, attend = self.norm(f"blocks.{layer}.ln1"), self.attend(layer)
        return self._keep(f"attention layer {layer}", lambda x: attend(norm(x)))

    def mlp_layer(self, layer: int) -> Step:
        """The MLP of its norm: what it writes, from the stream of a pre-norm model."""
        norm, mlp = self.norm(f"blocks.{layer}.ln2"), self.mlp(layer)
        return self._keep(f"mlp layer {layer}", lambda x: mlp(norm(x)))

    def block(self, layer: int) -> Step:
        """A whole block."""
        return self._keep(f"block {layer}", lambda x: enclosed.block(self.model, layer, x))

    def activation(self, x: Enclosure) -> Enclosure:
        """The nonlinearity, entry by entry."""
        return ACTIVATIONS[self.config.activation](x)

    def softmax(self, scores: Enclosure) -> Enclosure:
        """The pattern of scores [pos, pos], scaled and masked as the model does."""
        scaled = scores * (1 / Enclosure(float(self.config.d_head)).sqrt())
        return softmax(scaled, np.tri(scaled.shape[-1], dtype=bool) if self.config.causal else None)

    # ------------------------------------------------------------ what the run read
    def after_norm(self, at: str) -> Enclosure:
        """What a norm handed on [pos, d_model], from what it recorded before gain and bias: as products and sums of
        single numbers are rounded in one way only, these are the floats that the run went on with."""
        p = self.model.parameters
        value = self.trace[f"{at}.hook_normalized"] * p[f"{at}.w"]
        return Enclosure(value + p[f"{at}.b"] if self.config.norm == "layer" else value)

    def attention_read(self, layer: int) -> Enclosure:
        """What queries are made of."""
        if self.config.residual == "post":
            return Enclosure(self.stream(layer))
        return self.after_norm(f"blocks.{layer}.ln1")

    def attention_source(self, layer: int) -> Enclosure:
        """What keys and values are made of."""
        return self.attention_read(layer) if self.config.residual == "pre" else Enclosure(self.stream(layer))

    def mlp_read(self, layer: int) -> Enclosure:
        """What the MLP reads."""
        if self.config.residual == "pre":
            return self.after_norm(f"blocks.{layer}.ln2")
        return Enclosure(self.trace[f"blocks.{layer}.hook_normalized_resid_mid"])

    def mixed(self, layer: int) -> Enclosure:
        """What the heads make of what they read [pos, n_heads, d_head]."""

        def mix(x: Enclosure) -> Enclosure:
            q, k, v = enclosed.queries_keys_values(self.model, layer, x, self.attention_source(layer))
            scores = enclosed.scores(self.model, enclosed.rotated(self.model, q), enclosed.rotated(self.model, k))
            return enclosed.mixed(self.model, enclosed.pattern(self.model, scores), v)

        return self._keep(f"mixed {layer}", mix)(self.attention_read(layer))

    def pattern(self, layer: int, head: int) -> Array:
        """What a head attends to [query pos, key pos], as recorded."""
        found: Array = self.trace[f"blocks.{layer}.attn.hook_pattern"][head]
        return found

    def exact_pattern(self, layer: int, head: int) -> Enclosure:
        """What softmax makes of the recorded scores [query pos, key pos]."""
        whole = self._keep(f"pattern {layer}", lambda x: enclosed.pattern(self.model, x))
        scores = self.trace[f"blocks.{layer}.attn.hook_attn_scores"]
        return whole(Enclosure(np.where(np.isneginf(scores), 0.0, scores)))[head]

    def pattern_ball(self, layer: int, head: int) -> Enclosure:
        """What a head attends to, as recorded, with the radius within which softmax of the recorded scores lies."""
        return ball(self.exact_pattern(layer, head), self.pattern(layer, head))

    def sites(self) -> Iterator[Site]:
        """All norms in the order of the run."""
        c, trace = self.config, self.trace
        if c.embedding_norm:
            read = Enclosure(trace["hook_embed"])
            for name in ("hook_pos_embed", "hook_token_type_embed"):
                if name in trace:
                    read = read + trace[name]
            yield Site("embed.ln", read)
        for layer in range(c.n_layers):
            at = f"blocks.{layer}"
            mid, end = Enclosure(trace[f"{at}.hook_resid_mid"]), Enclosure(trace[f"{at}.hook_resid_post"])
            if c.residual == "post":
                yield Site(f"{at}.ln1", mid)
                yield Site(f"{at}.ln2", end)
                continue
            yield Site(f"{at}.ln1", Enclosure(self.stream(layer)))
            yield Site(f"{at}.ln2", mid)
            if c.residual == "pre-as-printed":
                yield Site(f"{at}.ln3", end)
        if c.final_norm:
            yield Site("ln_final", Enclosure(self.stream(c.n_layers)))


_STEPS: WeakKeyDictionary[Subject, Steps] = WeakKeyDictionary()
