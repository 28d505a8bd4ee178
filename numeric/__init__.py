"""Claims measured on transformers: models, traces of their activations, and rigorous enclosures. Imports `formal`.

>>> from numeric import Config, Model, random_parameters
>>> config = Config(n_layers=2, d_model=8, n_heads=2, d_mlp=16, d_vocab=5, n_ctx=4)
>>> logits, trace = Model(config, random_parameters(config)).run([3, 1, 4])
>>> trace["blocks.1.hook_resid_post"].shape
(3, 8)

What stands here is imported when it is asked for, so that `import numeric` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Config as Config
    from .enclosures.enclosure import Enclosure as Enclosure
    from .errors import ModelError as ModelError
    from .hooks import hook_shapes as hook_shapes
    from .parameters import random_parameters as random_parameters
    from .parameters import shapes as shapes
    from .record import Trace as Trace
    from .transformer import Model as Model

_HOMES = {
    "Config": "config",
    "Enclosure": "enclosures.enclosure",
    "Model": "transformer",
    "ModelError": "errors",
    "Trace": "record",
    "hook_shapes": "hooks",
    "random_parameters": "parameters",
    "shapes": "parameters",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'numeric' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
