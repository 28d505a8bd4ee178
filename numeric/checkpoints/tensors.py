"""Taking tensors from a checkpoint, by their names there and with the shape that each must have."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ..errors import ModelError
from ..functions import Array


class Tensors:
    """The tensors of a mapping from names to arrays; arrays of PyTorch will do, without PyTorch being imported.

    dtype: the precision that they are converted to; none, to leave them as they are. What is of that precision
    already is not copied.

    >>> tensors = Tensors({"wte.weight": np.zeros((5, 8))})
    >>> tensors.take("wte.weight", 5, 8).shape
    (5, 8)
    >>> tensors.take("wpe.weight", 4, 8)
    Traceback (most recent call last):
        ...
    numeric.errors.ModelError: the tensor wpe.weight is missing; expected 4 x 8
    """

    def __init__(self, source: Mapping[str, Any], dtype: str | None = None) -> None:
        self._source = source
        self._dtype = dtype
        self._taken: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._source

    def prefix(self, suffix: str) -> str | None:
        """What stands before the first name that ends in this way; None if there is no such name."""
        for name in self._source:
            if name == suffix or name.endswith(f".{suffix}"):
                return name.removesuffix(suffix)
        return None

    def take(self, name: str, *shape: int) -> Array:
        """The tensor of that name. Raises ModelError if it is missing, of another shape, or not finite."""
        if name not in self._source:
            raise ModelError(f"the tensor {name} is missing; expected {_by(shape)}")
        self._taken.add(name)
        value = as_array(name, self._source[name])
        if value.shape != shape:
            raise ModelError(f"the tensor {name} is {_by(value.shape)}, expected {_by(shape)}")
        if value.dtype.kind != "f":
            raise ModelError(
                f"the tensor {name} has numbers of the kind {value.dtype}, expected floating-point numbers"
            )
        if not np.isfinite(value).all():
            raise ModelError(f"the tensor {name} has an entry that is infinite or no number")
        if self._dtype is None:
            return value
        with np.errstate(over="ignore"):
            out: Array = value.astype(self._dtype, copy=False)
        if out.dtype.itemsize < value.dtype.itemsize and not np.isfinite(out).all():
            raise ModelError(f"the tensor {name} has an entry that is too large for {self._dtype}")
        return out

    def leave(self, *patterns: str) -> list[str]:
        """Leave out the tensors whose names match, and say which they were."""
        left = [name for name in self._source if any(fnmatchcase(name, pattern) for pattern in patterns)]
        self._taken.update(left)
        return left

    def finish(self) -> None:
        """Raises ModelError for a tensor that nobody asked for: the model would not be what the file says."""
        for name in self._source:
            if name not in self._taken:
                raise ModelError(f"the tensor {name} belongs to no part of this architecture")


def as_array(name: str, value: Any) -> Array:
    """What is given as an array, without a copy where possible: NumPy's, PyTorch's, or what knows `__array__`."""
    if isinstance(value, np.ndarray):
        return value.view(np.ndarray)
    if hasattr(value, "detach"):  # PyTorch: it may need gradients, lie on a GPU, or be bfloat16, which NumPy has not
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
    if not hasattr(value, "__array__"):
        raise ModelError(f"the tensor {name} is no array but a {type(value).__name__}")
    found: Array = np.asarray(value)
    return found


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"
