"""Neurons as memory managers (VW-L11, VW-U10e, VW-T7): what a neuron reads beside what it writes.

A neuron adds a(w_in . x) w_out to what it reads, x. Along w_in that multiplies w_in . x by 1 + s w_in . w_out, where
s = a(z) / z is the slope of its activation there: the neuron clears what it reads exactly where s w_in . w_out = -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..claims.subject import Subject
from ..enclosures.elementary import U
from ..enclosures.enclosure import Enclosure
from ..functions import Array


@dataclass(frozen=True)
class Neurons:
    """The neurons of one MLP.

    dot [d_mlp]: w_in . w_out, where w_in reads the normalised stream with the norm's gain. cosine [d_mlp]: of the angle
    between the two. below, shrinks, undecided: how many certainly have dot <= -1, so that some slope s in (0, 1]
    clears; have -2 < dot < 0, so that a slope of 1 shrinks what they read; and how many are too close to -1, -2 or 0 to
    tell. left [pos, d_mlp]: 1 + s dot at each token of the run, what is left of what each neuron read; nan where it
    read next to nothing.
    """

    layer: int
    dot: Array
    cosine: Array
    below: int
    shrinks: int
    undecided: int
    left: Array


def neurons(subject: Subject, layer: int) -> Neurons:
    """The neurons of a layer, with what the run left of what they read."""
    config, p, at = subject.config, subject.model.parameters, f"blocks.{layer}"
    read = p[f"{at}.mlp.W_in"].T  # [d_mlp, d_model]
    if config.residual == "pre":
        read = read * p[f"{at}.ln2.w"]
    write = p[f"{at}.mlp.W_out"]  # [d_mlp, d_model]
    dot = _enclosed_dot(subject, layer)
    low, high = dot.lower(), dot.upper()
    edge = np.zeros(len(low), dtype=bool)
    for bound in (-2.0, -1.0, 0.0):
        edge |= (low <= bound) & (high >= bound)
    cosine = dot.mid / (np.linalg.norm(read, axis=1) * np.linalg.norm(write, axis=1))
    return Neurons(
        layer,
        dot.mid,
        cosine,
        int(((high <= -1) & ~edge).sum()),
        int(((low > -2) & (high < 0) & ~edge).sum()),
        int(edge.sum()),
        1 + _slopes(subject, layer) * dot.mid,
    )


def _enclosed_dot(subject: Subject, layer: int) -> Enclosure:
    p, at = subject.model.parameters, f"blocks.{layer}"
    read, write = Enclosure(p[f"{at}.mlp.W_in"].T), Enclosure(p[f"{at}.mlp.W_out"])
    if subject.config.residual == "pre":
        read = read * Enclosure(np.broadcast_to(p[f"{at}.ln2.w"], read.shape))
    return (read * write).sum(axis=1)


def _slopes(subject: Subject, layer: int) -> Array:
    """What a neuron writes divided by what it reads of the stream that it writes into, [pos, d_mlp].

    Behind a norm that is divided by the norm's scale; of a gated neuron the slope is what its gate lets through.
    """
    trace, at = subject.trace, f"blocks.{layer}"
    post = trace[f"{at}.mlp.hook_post"]
    pre = trace[f"{at}.mlp.hook_pre_linear" if subject.config.gated else f"{at}.mlp.hook_pre"]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(np.abs(pre) > np.sqrt(U), post / pre, np.nan)
    if subject.config.residual == "pre":
        slopes = slopes / trace[f"{at}.ln2.hook_scale"]
    return slopes
