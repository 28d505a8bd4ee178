"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamproof.errors import Refusal
from streamproof.files import WholeFile, make_folder, remove, write_whole


def test_nothing_is_left_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), WholeFile(str(tmp_path / "report")):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with WholeFile(str(path)) as file:
        assert path.read_text() == "old"
        file.write("new")
        assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_text_that_cannot_be_encoded_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(str(path), "half \ud800")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("report", "old")]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_whole(str(tmp_path / "link"), "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_permissions_are_the_usual_ones(tmp_path: Path) -> None:
    """Not those of a private temporary file."""
    before = os.umask(0o022)
    try:
        write_whole(str(tmp_path / "report"), "text")
    finally:
        os.umask(before)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("bad", ["missing/report", "file/report", "."])
def test_refusals(tmp_path: Path, bad: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="cannot write"):
        write_whole(str(tmp_path / bad), "text")


def test_folders(tmp_path: Path) -> None:
    make_folder(str(tmp_path / "a" / "b"))
    assert list((tmp_path / "a" / "b").iterdir()) == []
    remove(str(tmp_path / "a" / "b" / "nothing"))
    with pytest.raises(Refusal, match="cannot remove"):
        remove(str(tmp_path / "a" / "b"))
