"""What a plain run recorded, as enclosures of what it stands for.

A recorded number is off from the exact value of the step that made it, so that no equation between recorded numbers
holds to the last bit. How far off a correct run may be is what the radius of the same step in enclosures says, from the
same recorded inputs: its bounds hold for any order of summation, with or without fused multiply-add. They are written
around our midpoints instead of the run's, which changes them in second order, and with the errors of our exp, tanh and
erf instead of the platform's. Twice the radius covers both, as long as the platform's functions are off by
PLATFORM_ERROR at most (which is 5/3 of ours) and divisors and roots are known to three digits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import ModelError
from ..functions import Array
from .elementary import U
from .enclosure import Enclosure

RUN = 2.0  # a correct run lies within RUN radii of the exact value
PLATFORM_ERROR = 5 * U  # what NumPy's exp and tanh and SciPy's erf are taken to keep; seen: 1.2, 1.7, 3.3 u


def recorded(trace: Mapping[str, Array], name: str, step: Enclosure) -> Enclosure:
    """The recorded value with the radius within which the step's exact value lies, if the run was correct.

    step: the enclosure of the same step from recorded inputs. Scores that a mask hid, recorded as -inf, are enclosed by
    everything. Raises ModelError for another shape or precision.
    """
    value = _value(trace, name, step)
    return Enclosure(value, RUN * step.rad)


def deviation(trace: Mapping[str, Array], name: str, step: Enclosure) -> float:
    """How many times as far as a correct run may be the recorded value lies from the step's enclosure, at most: up to 1
    is correct, and anything above proves that the run did something else. Masked scores are left out."""
    value = _value(trace, name, step)
    seen = ~np.isneginf(value)
    distance = np.abs(value - step.mid)[seen]
    allowed = ((RUN + 1) * step.rad)[seen]
    with np.errstate(all="ignore"):
        ratios = np.where(distance <= allowed, np.where(allowed > 0, distance / allowed, 0.0), distance / allowed)
    return float(np.nan_to_num(ratios, nan=np.inf).max(initial=0.0))


def _value(trace: Mapping[str, Array], name: str, step: Enclosure) -> Array:
    value = trace[name]
    if value.dtype != np.float64:
        raise ModelError(f"{name} is recorded as {value.dtype}: a check takes a run in double precision")
    if value.shape != step.shape:
        raise ModelError(f"{name} is recorded with shape {value.shape}, its step has {step.shape}")
    return value
