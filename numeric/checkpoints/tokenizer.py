"""Text to tokens and back, by the tokenizers library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..optional import needed
from .json_file import read_object

_CONTROL, _USER_DEFINED = 3, 4  # llama.cpp's kinds of tokens that are never split


class Tokenizer:
    """A checkpoint's tokenizer. Neither padding nor truncation: a text has the tokens that it has."""

    def __init__(self, inner: Any) -> None:
        inner.no_padding()
        inner.no_truncation()
        self._inner = inner

    def encode(self, text: str) -> list[int]:
        """The token numbers of a text, with those that the model wants around it. Raises ModelError for no text."""
        if not isinstance(text, str):
            raise ModelError(f"a text is expected, not a {type(text).__name__}")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ModelError("the text has half of a surrogate pair, which is no character")
        with _said("the tokenizer cannot read this text"):
            plain = self._inner.encode(text, add_special_tokens=False).ids
            ids: list[int] = self._inner.encode(text).ids
        if not plain:
            raise ModelError("the text is empty: there is nothing for the model to read")
        return ids

    def decode(self, tokens: Sequence[int]) -> str:
        """The text that token numbers spell, without special tokens. Raises ModelError for one that is none."""
        for token in tokens:
            self.token(token)
        with _said("the tokenizer cannot spell these tokens"):
            text: str = self._inner.decode([int(token) for token in tokens])
        return text

    def token(self, number: int) -> str:
        """How the vocabulary spells one token. Raises ModelError for a number that is not in it."""
        found: str | None = self._inner.id_to_token(int(number)) if number in range(1 << 32) else None
        if found is None:
            raise ModelError(f"token {number} is not in the vocabulary")
        return found


@contextmanager
def _said(what: str) -> Iterator[None]:
    """What the library, written in Rust, does not like as a ModelError; its panics are not even an Exception."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as e:
        raise ModelError(f"{what}: {str(e)[:200]}") from None


def from_file(path: Path) -> Tokenizer:
    """The tokenizer of a tokenizer.json. Raises ModelError if it is not one."""
    library = needed("tokenizers", "a tokenizer")
    read_object(path)  # whatever is wrong with the file is better said by us
    with _said(f"{path.name} is no tokenizer"):
        return Tokenizer(library.Tokenizer.from_file(str(path)))


def from_metadata(metadata: Mapping[str, Any], notes: list[str]) -> Tokenizer | None:
    """The tokenizer that a GGUF file carries: byte-level BPE, whose pre-tokenizer is known by name only.

    None, with a note that says why, for kinds that are not known. Raises ModelError for a damaged one.
    """
    kind, before = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre", "gpt-2")
    if kind is None:
        return None
    if kind != "gpt2" or before not in ("gpt-2", "smollm"):
        notes.append(f"the tokenizer {kind}/{before} is not known: give tokens by their numbers")
        return None
    library = needed("tokenizers", "a tokenizer")
    tokens, merges = _strings(metadata, "tokenizer.ggml.tokens"), _strings(metadata, "tokenizer.ggml.merges")
    kinds = metadata.get("tokenizer.ggml.token_type", [])
    if len(set(tokens)) != len(tokens):
        raise ModelError("tokenizer.ggml.tokens has a token twice")
    pairs = [tuple(merge.split(" ")) for merge in merges]
    if any(len(pair) != 2 for pair in pairs):
        raise ModelError("a merge of the tokenizer is not two tokens with a space between them")
    with _said("the tokens and merges do not fit together"):
        inner = library.Tokenizer(library.models.BPE({token: i for i, token in enumerate(tokens)}, pairs))
    split = library.pre_tokenizers
    byte_level = split.ByteLevel(add_prefix_space=metadata.get("tokenizer.ggml.add_space_prefix") is True)
    digits = [split.Digits(individual_digits=True)] if before == "smollm" else []
    inner.pre_tokenizer = split.Sequence([*digits, byte_level])
    inner.decoder = library.decoders.ByteLevel()
    if not isinstance(kinds, list) or len(kinds) not in (0, len(tokens)):
        raise ModelError("tokenizer.ggml.token_type must have one entry for each token")
    fixed = [token for token, of in zip(tokens, kinds, strict=False) if of in (_CONTROL, _USER_DEFINED)]
    inner.add_special_tokens([library.AddedToken(token, special=True, normalized=False) for token in fixed])
    if metadata.get("tokenizer.ggml.add_bos_token") is True:
        first = metadata.get("tokenizer.ggml.bos_token_id")
        if type(first) is not int or not 0 <= first < len(tokens):
            raise ModelError(f"tokenizer.ggml.bos_token_id is {str(first)[:40]}, which is no token")
        inner.post_processor = library.processors.TemplateProcessing(
            single=["first", "$A"], special_tokens=[{"id": "first", "ids": [first], "tokens": [tokens[first]]}]
        )
    return Tokenizer(inner)


def _strings(metadata: Mapping[str, Any], name: str) -> list[str]:
    value = metadata.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ModelError(f"{name} is missing, or no list of texts")
    return value
