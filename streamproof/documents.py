"""The book as a folder of pages: generated whole, written, and compared with what is there.

Every file begins with a line that says where it comes from. A folder that holds a file without it is somebody else's,
and is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from formal.claims import Book, Claim, Result, check, cited

from .errors import Refusal
from .files import make_folder, remove, write_whole
from .markdown import Contents, claim_page, index_page, topic_name, topic_page, topics
from .picture import Box, svg

MARK = "<!-- Written by `streamproof docs`: what is changed here by hand is lost. -->\n"


class EvidenceFails(Exception):
    """Some evidence of the book fails; the messages say which."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def pages(book: Book, folder: str) -> dict[str, str]:
    """All files by their path within the folder.

    Raises Refusal at once for a folder that is not for the book, and EvidenceFails for a book that is not in order.
    """
    _there(folder)
    results = {c.id: check(c) for c in book}
    failures = [f"{i}: {f}" for i, r in results.items() for f in r.failures]
    if failures:
        raise EvidenceFails(failures)
    contents = Contents(book, results, {i: cited(r.theorem) for i, r in results.items()})
    found = {"README.md": index_page(contents)}
    for topic in topics(book):
        path = f"topics/{topic_name(topic)}.md"
        if path in found:
            raise Refusal(f"two modules of the book would share the page {path}; rename one")
        found[path] = topic_page(topic, contents)
    for c in book:
        found[f"claims/{c.id}.md"] = claim_page(c, contents)
    found = {path: f"{MARK}\n{_closed_up(text)}\n" for path, text in found.items()}
    found["graph.svg"] = MARK + svg([_box(c, results[c.id]) for c in _by_item(book)], contents.cites)
    return found


def _by_item(book: Book) -> list[Claim]:
    """The claims in the order of the items of the chapters, those on no item last."""
    items = {item: i for i, item in enumerate(item for items in book.chapters.values() for item in items)}
    return sorted(book, key=lambda c: (items.get(c.base, len(items)), c.base, c.id))


def _closed_up(text: str) -> str:
    """One empty line where there are several, none at the end."""
    return re.sub(r"\n{3,}", "\n\n", text).rstrip()


def _box(c: Claim, result: Result) -> Box:
    return Box(c.id, c.title, result.verdict or "", bool(result.axioms), f"claims/{c.id}.md")


# ---------------------------------------------------------------- the folder
def write(folder: str, found: Mapping[str, str]) -> list[str]:
    """Write what differs, remove what an earlier run left; returns the paths. Raises Refusal for a foreign folder."""
    old = _there(folder)
    make_folder(folder)
    changed = [path for path, text in found.items() if old.get(path) != text]
    for path in changed:
        make_folder(os.path.join(folder, *path.split("/")[:-1]))
        write_whole(os.path.join(folder, *path.split("/")), found[path])
    stale = sorted(set(old) - set(found))
    for path in stale:
        remove(os.path.join(folder, *path.split("/")))
    return changed + stale


def differences(folder: str, found: Mapping[str, str]) -> list[str]:
    """The pages that are missing, stale or too many in the folder, one line each. Raises Refusal for a foreign one."""
    old = _there(folder)
    if not old:
        return [f"{folder} holds no book"]
    words = {path: "missing" if path not in old else "stale" for path, text in found.items() if old.get(path) != text}
    words |= dict.fromkeys(set(old) - set(found), "not of this book")
    return [f"{path}: {word}" for path, word in sorted(words.items())]


def _there(folder: str) -> dict[str, str]:
    """The pages of a folder, by path. Raises Refusal where there is anything that was not written by us."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Refusal(f"{folder} is not a folder")
    found = {}
    for place, inner, names in os.walk(folder):
        for name in [*names, *(n for n in inner if os.path.islink(os.path.join(place, n)))]:
            full = os.path.join(place, name)
            text = _ours(full)
            if text is None:
                raise Refusal(f"{folder} is not a folder of `streamproof docs`: it holds {full}; name another with -o")
            found[os.path.relpath(full, folder).replace(os.sep, "/")] = text
    return found


def _ours(path: str) -> str | None:
    """The text of a page that we wrote, None for any other file."""
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return None if file.read(len(MARK)) != MARK else MARK + file.read()
    except UnicodeDecodeError:
        return None
    except OSError as e:
        raise Refusal(f"cannot read {path}: {e.strerror}") from None
