"""What is recorded: the field's names, all or a chosen subset, in memory or in a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numeric.errors import ModelError
from numeric.hooks import hook_shapes
from numeric.record import Recorder, Trace, chosen
from numeric.stored import StoredArrays
from numeric.transformer import Model

from .models import model_of

TEXT = [3, 1, 4, 1, 5]
STREAM, QUERIES, KEYS, SQUARES, NEURONS = (5, 8), (5, 4, 2), (5, 2, 2), (4, 5, 5), (5, 16)

# What `run_with_cache` of TransformerLens 3.9 returns for one layer of three architectures, without the axis of texts.
GPT2 = {
    "hook_embed": STREAM,
    "hook_pos_embed": STREAM,
    "blocks.0.hook_resid_pre": STREAM,
    "blocks.0.ln1.hook_scale": (5, 1),
    "blocks.0.ln1.hook_normalized": STREAM,
    "blocks.0.attn.hook_q": QUERIES,
    "blocks.0.attn.hook_k": QUERIES,
    "blocks.0.attn.hook_v": QUERIES,
    "blocks.0.attn.hook_attn_scores": SQUARES,
    "blocks.0.attn.hook_pattern": SQUARES,
    "blocks.0.attn.hook_z": QUERIES,
    "blocks.0.hook_attn_out": STREAM,
    "blocks.0.hook_resid_mid": STREAM,
    "blocks.0.ln2.hook_scale": (5, 1),
    "blocks.0.ln2.hook_normalized": STREAM,
    "blocks.0.mlp.hook_pre": NEURONS,
    "blocks.0.mlp.hook_post": NEURONS,
    "blocks.0.hook_mlp_out": STREAM,
    "blocks.0.hook_resid_post": STREAM,
    "ln_final.hook_scale": (5, 1),
    "ln_final.hook_normalized": STREAM,
    "unembed.hook_in": STREAM,
    "unembed.hook_out": (5, 11),
}
LLAMA = {
    **{name: shape for name, shape in GPT2.items() if name != "hook_pos_embed"},
    "blocks.0.attn.hook_k": KEYS,
    "blocks.0.attn.hook_v": KEYS,
    "blocks.0.attn.hook_rot_q": QUERIES,
    "blocks.0.attn.hook_rot_k": KEYS,
    "blocks.0.mlp.hook_pre_linear": NEURONS,
}
# Its encoder has its own names for three embeddings, of which ours lack the first part: embed.hook_embed and so on.
BERT = {
    **{name: shape for name, shape in GPT2.items() if not name.startswith("ln_final")},
    "hook_token_type_embed": STREAM,
    "embed.ln.hook_scale": (5, 1),
    "embed.ln.hook_normalized": STREAM,
    "hook_full_embed": STREAM,
    "blocks.0.hook_normalized_resid_post": STREAM,
}
LLAMA_LIKE: dict[str, Any] = {
    "norm": "rms",
    "positions": "rotary",
    "n_kv_heads": 2,
    "gated": True,
    "activation": "silu",
}
BERT_LIKE: dict[str, Any] = {
    "residual": "post",
    "embedding_norm": True,
    "final_norm": False,
    "causal": False,
    "n_types": 2,
}


@pytest.mark.parametrize(
    ("choices", "expected", "ours"),
    [({}, GPT2, set()), (LLAMA_LIKE, LLAMA, set()), (BERT_LIKE, BERT, {"blocks.0.hook_normalized_resid_mid"})],
    ids=["gpt2", "llama", "bert"],
)
def test_names_are_those_of_transformerlens(choices: dict[str, Any], expected: dict[str, Any], ours: set[str]) -> None:
    """Who knows the field's names finds every value under the one that they expect, in the shape that they expect.
    `ours` are names that it lacks."""
    _, trace = model_of(n_layers=1, **choices).run(TEXT)
    assert {name: trace[name].shape for name in trace if name not in ours} == expected
    assert ours <= set(trace)


# ---------------------------------------------------------------- a subset
@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ("hook_embed", 1),
        (["hook_embed", "blocks.1.attn.hook_z"], 2),
        ("blocks.*.hook_resid_post", 2),
        (["blocks.*.hook_resid_post", "blocks.1.*"], 18),
        (lambda name: name.endswith("hook_pattern"), 2),
        (lambda name: False, 0),
        ([], 0),
        (False, 0),
    ],
)
def test_a_subset_has_the_values_of_the_whole(wanted: Any, number: int) -> None:
    """Choosing what to keep changes neither the run nor what is kept."""
    model = model_of()
    out, whole = model.run(TEXT)
    again, part = model.run(TEXT, wanted)
    assert np.array_equal(out, again) and np.array_equal(out, model(TEXT))
    assert len(part) == number and all(np.array_equal(part[name], whole[name]) for name in part)
    assert list(part) == [name for name in whole if name in part]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("blocks.0.hook_residpre", "blocks.0.hook_residpre names nothing .* did you mean blocks.0.hook_resid_pre?"),
        (["hook_embed", "blocks.2.*"], r"blocks\.2\.\* names nothing"),
        ("hook_result", "hook_result names nothing"),
        (["hook_embed", ""], " names nothing"),
    ],
)
def test_what_names_nothing_is_refused(wanted: Any, words: str) -> None:
    """A slip in a pattern would show only when the value is missed, after the run."""
    with pytest.raises(ModelError, match=words):
        model_of().run(TEXT, wanted)


def test_a_name_that_was_not_kept_is_an_error() -> None:
    _, trace = model_of().run(TEXT, "hook_embed")
    with pytest.raises(ModelError, match=r"^hook_pos_embed was not recorded; recorded are hook_embed$"):
        trace["hook_pos_embed"]
    assert "hook_pos_embed" not in trace and trace.get("hook_pos_embed") is None


# ---------------------------------------------------------------- what is kept stays as it was
def test_what_was_recorded_cannot_be_changed() -> None:
    """A layer that works in place on a recorded value would make the trace a lie; so would a user by mistake."""
    _, trace = model_of(positions="rotary", gated=True).run(TEXT)
    for name in trace:
        with pytest.raises(ValueError, match="read-only"):
            trace[name][0] += 1


def test_memory_is_counted_once() -> None:
    """A value that is a view of another takes no memory of its own, a part of a weight no more than that."""
    x = np.zeros((4, 4))
    assert Trace({"a": x, "b": x.T, "c": x[:2], "d": np.zeros(2)}).nbytes == 16 * 8 + 2 * 8
    assert Trace({"a": x[:1]}).nbytes == 4 * 8
    assert Trace().nbytes == 0


def test_a_recorder_checks_what_it_is_given() -> None:
    """A value of a wrong shape, of an unknown name, that comes twice or never comes is a fault of the run."""
    record = Recorder({"a": (2, 3), "b": (1,)})
    record("a", np.zeros((2, 3)))
    for name, shape, words in (
        ("b", (2, 1), "b is 2 x 1, expected 1"),
        ("c", (1,), "c is 1, expected nothing of this name"),
        ("a", (2, 3), "a is recorded twice"),
    ):
        with pytest.raises(ModelError, match=words):
            record(name, np.zeros(shape))
    with pytest.raises(ModelError, match="has not computed b, expected 1"):
        record.finish()


def test_a_pattern_is_no_regular_expression() -> None:
    names = list(hook_shapes(model_of(n_layers=12).config, 1))
    assert chosen("blocks.1.hook_resid_pre", names) == {"blocks.1.hook_resid_pre"}
    assert len(chosen("blocks.1?.hook_resid_pre", names)) == 2
    assert len(chosen("blocks.[!0-3].hook_resid_pre", names)) == 6
    assert len(chosen("*hook_resid_pre", names)) == 12


# ---------------------------------------------------------------- in a folder
def test_a_folder_has_the_same_values(tmp_path: Path) -> None:
    """Where values are kept changes none of them; the folder can be opened again later."""
    model = model_of(positions="rotary", n_kv_heads=2)
    out, trace = model.run(TEXT)
    again, stored = model.run(TEXT, folder=tmp_path / "new" / "run")
    later = Trace.from_folder(tmp_path / "new" / "run")
    assert np.array_equal(out, again)
    assert list(trace) == list(stored) == list(later)
    for name in trace:
        assert np.array_equal(trace[name], stored[name]) and np.array_equal(trace[name], later[name])
        assert not stored[name].flags.writeable and isinstance(stored[name], np.memmap)
    assert stored.nbytes == sum(trace[name].nbytes for name in trace)
    assert "nothing" not in stored


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts the open files where Linux lists them")
def test_a_stored_trace_keeps_no_file_open(tmp_path: Path) -> None:
    """A deep model has more values than a process may have files open."""
    before = len(os.listdir("/proc/self/fd"))
    _, stored = model_of().run(TEXT, folder=tmp_path)
    assert sum(float(value.sum()) for value in stored.values() if np.isfinite(value).all()) != 0
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_a_folder_of_an_earlier_run_is_refused(tmp_path: Path) -> None:
    """Files of two runs in one folder could not be told apart; what the first left is untouched."""
    model = model_of()
    _, first = model.run(TEXT, "hook_embed", tmp_path)
    kept = first["hook_embed"].copy()
    with pytest.raises(ModelError, match=r"already has hook_embed\.npy of an earlier run; give an empty folder"):
        model.run([1, 2], "hook_embed", tmp_path)
    assert np.array_equal(first["hook_embed"], kept)
    with pytest.raises(ModelError, match=r"already has trace\.json"):
        (tmp_path / "hook_embed.npy").unlink()
        model.run(TEXT, "hook_embed", tmp_path)


def test_other_files_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    model_of().run(TEXT, "hook_embed", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hook_embed.npy", "notes.txt", "trace.json"]


class Stops(Exception):
    """A run that is interrupted."""


def test_a_run_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a run would look like a whole one of a smaller model."""
    (tmp_path / "notes.txt").write_text("mine")
    mlp = Model._mlp

    def stopping(self: Model, layer: int, *rest: Any) -> Any:
        if layer == 1:
            assert (tmp_path / "blocks.0.hook_mlp_out.npy").exists()
            raise Stops
        return mlp(self, layer, *rest)

    monkeypatch.setattr(Model, "_mlp", stopping)
    with pytest.raises(Stops):
        model_of().run(TEXT, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the message names the file, and neither it nor a part of it is there."""

    def full(file: Any, value: Any, **options: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(ModelError, match=r"cannot write .*hook_embed\.npy: No space left on device"):
        model_of().run(TEXT, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ModelError, match="cannot make the folder"):
            model_of().run(TEXT, folder=place)


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (None, "no run was finished there"),
        ("{", "is no JSON text"),
        ("[" * 100_000, "is no JSON text"),
        ("\ud800".encode("utf-8", "surrogatepass"), "is no JSON text"),
        (json.dumps({"hook_embed": 1}), "is no list of names"),
        (json.dumps(["hook_embed", 3]), "is no list of names"),
        (json.dumps(["../secret"]), "is no list of names"),
        (json.dumps(["hook_embed", "hook_z"]), r"lists hook_z, but hook_z\.npy is missing"),
        (" " * 10_000_001, "is larger than"),
    ],
)
def test_a_folder_that_is_no_trace_is_refused(tmp_path: Path, listed: str | bytes | None, words: str) -> None:
    """What comes from outside is looked at before it is believed, and no name leads out of the folder."""
    model_of().run(TEXT, "hook_embed", tmp_path)
    path = tmp_path / "trace.json"
    path.unlink()
    if listed is not None:
        path.write_bytes(listed if isinstance(listed, bytes) else listed.encode())
    with pytest.raises(ModelError, match=words):
        Trace.from_folder(tmp_path)


@pytest.mark.parametrize("damage", ["short", "no header", "pickled", "gone"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    """A file that was cut off, is none of ours, would run what it holds, or is gone."""
    model_of().run(TEXT, "hook_embed", tmp_path)
    path = tmp_path / "hook_embed.npy"
    trace = Trace.from_folder(tmp_path)
    if damage == "short":
        path.write_bytes(path.read_bytes()[:-8])
    elif damage == "no header":
        path.write_bytes(b"no array")
    elif damage == "pickled":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    else:
        path.unlink()
    with pytest.raises(ModelError, match=r"cannot read .*hook_embed\.npy"):
        trace["hook_embed"]


def test_stored_arrays_are_a_mapping(tmp_path: Path) -> None:
    stored = StoredArrays.started(tmp_path)
    stored.keep("a", np.arange(3))
    assert list(stored) == ["a"] and len(stored) == 1 and stored.get("b") is None
