"""Text to tokens and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from numeric.checkpoints import Checkpoint, load
from numeric.checkpoints.tokenizer import from_file, from_metadata
from numeric.errors import ModelError

SMALL = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.tokens": ["<s>", "a", "b", "1", "Ġ", "ab", "aba"],
    "tokenizer.ggml.token_type": [3, 1, 1, 1, 1, 1, 1],
    "tokenizer.ggml.merges": ["a b", "ab a"],
}


def test_texts_have_the_tokens_that_they_have(minilm: Checkpoint) -> None:
    """The file of MiniLM asks for padding to 128 tokens and for truncation; a padded text is another text."""
    assert minilm.encode("Hello, world!") == [101, 7592, 1010, 2088, 999, 102]
    assert len(minilm.encode("word " * 300)) == 302
    assert minilm.decode([101, 7592, 1010, 2088, 999, 102]) == "hello, world!"
    assert minilm.tokenizer is not None and minilm.tokenizer.token(7592) == "hello"
    with pytest.raises(ModelError, match="token 999999 is not in the vocabulary"):
        minilm.tokenizer.token(999_999)
    with pytest.raises(ModelError, match="token -1 is not in the vocabulary"):
        minilm.decode([-1])


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_empty_texts_are_refused(text: str, minilm: Checkpoint) -> None:
    """For BERT, spaces are nothing: what would be run is [CLS] [SEP]."""
    with pytest.raises(ModelError, match="the text is empty: there is nothing for the model to read"):
        minilm.encode(text)


def test_what_is_no_text_is_refused(minilm: Checkpoint) -> None:
    broken: Any = b"bytes"
    with pytest.raises(ModelError, match="a text is expected, not a bytes"):
        minilm.encode(broken)
    with pytest.raises(ModelError, match="half of a surrogate pair"):
        minilm.encode("\ud800")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"model": {"type": "BPE"}}'])
def test_damaged_tokenizers(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"tokenizer.json is no"):
        from_file(path)


def test_panics_of_the_library(tmp_path: Path, minilm: Checkpoint) -> None:
    """A post-processor that names a token which it has not makes the library panic, which is no Exception."""
    path = tmp_path / "tokenizer.json"
    text = (minilm.source / "tokenizer.json").read_text(encoding="utf-8")
    path.write_text(text.replace('"special_tokens":{"[CLS]"', '"special_tokens":{"[CLZ]"'), encoding="utf-8")
    with pytest.raises(ModelError, match=r"the tokenizer cannot read this text|is no tokenizer"):
        from_file(path).encode("text")


def test_a_folder_with_a_damaged_tokenizer(tiny: Callable[[str], Path]) -> None:
    folder = tiny("gpt2")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=re.escape(f"{folder}: tokenizer.json is no tokenizer")):
        load(folder)


def test_metadata_of_gguf() -> None:
    """Bytes, merges in their order, special tokens that are never split, and digits one by one."""
    made = from_metadata(SMALL, [])
    assert made is not None
    assert made.encode("aba 11") == [6, 4, 3, 3]
    assert made.encode("<s>ab") == [0, 5]
    assert made.decode([6, 4, 3, 3]) == "aba 11"
    first = from_metadata(SMALL | {"tokenizer.ggml.add_bos_token": True, "tokenizer.ggml.bos_token_id": 0}, [])
    assert first is not None and first.encode("ab") == [0, 5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": ["a", "a"]}, "tokenizer.ggml.tokens has a token twice"),
        ({"tokens": [1, 2]}, "tokenizer.ggml.tokens is missing, or no list of texts"),
        ({"merges": None}, "tokenizer.ggml.merges is missing, or no list of texts"),
        ({"merges": ["a"]}, "a merge of the tokenizer is not two tokens with a space between them"),
        ({"merges": ["a c"]}, "the tokens and merges do not fit together"),
        ({"add_bos_token": True, "bos_token_id": 7}, "tokenizer.ggml.bos_token_id is 7, which is no token"),
        ({"token_type": [1]}, "tokenizer.ggml.token_type must have one entry for each token"),
    ],
)
def test_damaged_metadata(change: dict[str, Any], message: str) -> None:
    given = SMALL | {f"tokenizer.ggml.{key}": value for key, value in change.items()}
    with pytest.raises(ModelError, match=re.escape(message)):
        from_metadata(given, [])


def test_other_tokenizers_are_left_out_with_a_note() -> None:
    """A tokenizer that splits text otherwise would give the model another text; without one, it can still be run."""
    notes: list[str] = []
    assert from_metadata(SMALL | {"tokenizer.ggml.pre": "qwen2"}, notes) is None
    assert from_metadata(SMALL | {"tokenizer.ggml.model": "llama"}, notes) is None
    assert notes[0] == "the tokenizer gpt2/qwen2 is not known: give tokens by their numbers"
    assert from_metadata({}, notes) is None and len(notes) == 2


@pytest.mark.slow
def test_any_text_comes_back(smollm2: Checkpoint) -> None:
    """Byte-level: no text is lost on the way, whatever its script."""
    for text in ["  two  spaces", "naïve\r\n東京 🙂\t1234567890", "'s 're don't", "\x00\x7f", "a" * 1000]:
        assert smollm2.decode(smollm2.encode(text)) == text
    assert json.loads(json.dumps(smollm2.encode("12"))) == [33, 34]
