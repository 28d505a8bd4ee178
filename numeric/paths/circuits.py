"""The circuits of heads, W_Q W_K^T and W_V W_O, as what stands beside each of their factors.

||M W_Q W_K^T|| = ||M W_Q T^T|| for the triangle T of W_K = Q T. So composition scores need d_head x d_head matrices
beside the virtual weights, and no circuit is ever multiplied out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..functions import Array
from .path_parts import Parts, Reader, Writer
from .small_cores import triangle

_PARTNER = {"Q": "K", "K": "Q"}


class Circuits:
    """The other halves of the circuits that the heads of a model belong to."""

    def __init__(self, found: Parts, dtype: npt.DTypeLike = np.float64) -> None:
        self._dtype = dtype
        self._readers = {(r.layer, r.kind): r for r in found.readers}
        self._writers = {w.layer: w for w in found.writers if w.kind == "head"}
        self._triangles: dict[tuple[int, str], Array] = {}

    def after(self, reader: Reader) -> Array | None:
        """B [nodes, s, s] with ||M R B|| the norm of M before the whole circuit: for Q that of W_K, for K that of W_Q,
        for V that of W_O; None for what is no head."""
        if reader.kind == "V":
            write = self._writers[reader.layer].weight.astype(self._dtype, copy=False)
            return triangle(write.swapaxes(-1, -2)).swapaxes(-1, -2)
        if reader.kind not in _PARTNER:
            return None
        return self._of(reader.layer, _PARTNER[reader.kind]).swapaxes(-1, -2)

    def before(self, writer: Writer) -> Array | None:
        """A [nodes, r, r] with ||A V M|| the norm of M behind the whole circuit W_V W_O; None for what is no head."""
        return self._of(writer.layer, "V") if writer.kind == "head" else None

    def _of(self, layer: int, kind: str) -> Array:
        """The triangles of the matrices by which all heads of a layer read."""
        if (layer, kind) not in self._triangles:
            reader = self._readers[layer, kind]
            self._triangles[layer, kind] = triangle(reader.effective(self._dtype))[reader.which]
        return self._triangles[layer, kind]
