"""Fixtures: the committed references, and checkpoints to damage."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numeric.checkpoints import Checkpoint, load, loading
from numeric.checkpoints.safetensors_file import SafetensorsFile
from numeric.functions import Array

REFERENCES = Path(__file__).resolve().parent.parent / "references"


@pytest.fixture(scope="session")
def references() -> Mapping[str, Array]:
    """What transformers computed in double precision; tests/numeric/references/make_references.py wrote it."""
    with np.load(REFERENCES / "references.npz", allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="session")
def units() -> Callable[[Array, Array], float]:
    """The largest difference, in units in the last place of the largest value, of the precision of what was found."""

    def measure(found: Array, reference: Array) -> float:
        assert found.shape == reference.shape
        return float(abs(found - reference).max() / abs(reference).max() / np.finfo(found.dtype).eps)

    return measure


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    return REFERENCES


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of one of the tiny checkpoints that transformers saved: gpt2, bert or llama."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(REFERENCES / name, tmp_path / name))

    return copy


@pytest.fixture(scope="session")
def tensors() -> Callable[[str], dict[str, Array]]:
    """The tensors of a tiny checkpoint, to be changed."""

    def read(name: str) -> dict[str, Array]:
        file = SafetensorsFile(REFERENCES / name / "model.safetensors")
        return {key: np.array(value) for key, value in file.items()}

    return read


@pytest.fixture(scope="session")
def with_header() -> Callable[..., None]:
    """Write a file as safetensors has it, with any header and any bytes behind it."""

    def write(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> None:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)

    return write


def packaged(name: str, dtype: str) -> Checkpoint:
    if importlib.util.find_spec(loading.PACKAGED[name][0]) is None:
        pytest.skip(f"the package {loading.PACKAGED[name][2]} is not installed")
    return load(name, dtype)


@pytest.fixture(scope="session")
def minilm() -> Checkpoint:
    return packaged("minilm", "float64")


@pytest.fixture(scope="session")
def smollm2() -> Checkpoint:
    return packaged("smollm2", "float64")


@pytest.fixture(scope="session")
def smollm2_single() -> Checkpoint:
    return packaged("smollm2", "float32")
