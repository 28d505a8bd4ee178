"""The book as pages: what is on them, that they are kept up to date, and that nothing else is touched."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from formal.book import BOOK
from formal.claims import Book
from streamproof.documents import MARK, EvidenceFails, differences, pages, write
from streamproof.errors import Refusal
from streamproof.markdown import cell, escape
from streamproof.picture import HEIGHT, WIDTH, Box, svg

Run = Callable[..., subprocess.CompletedProcess[str]]
FILES = {
    "README.md",
    "graph.svg",
    "topics/tiny_book.md",
    *(f"claims/{i}.md" for i in ("T-1", "T-2", "T-2a", "T-3", "T-4", "T-7", "T-7a", "T-8a")),
}


@pytest.fixture
def docs(streamproof: Run) -> Run:
    """`streamproof docs -o book` with the tiny book, without the claims that fail."""

    def run(*arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
        return streamproof("docs", "-o", "book", *arguments, env={"TINY_BOOK": "sound", "PYTHONHASHSEED": seed})

    return run


@pytest.fixture
def found(sound: Book, tmp_path: Path) -> dict[str, str]:
    """The pages of the tiny book."""
    return pages(sound, str(tmp_path))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages of the book."""
    return pages(BOOK, str(tmp_path_factory.mktemp("empty")))


def read(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


# ---------------------------------------------------------------- writing and comparing
def test_docs_are_written_and_then_up_to_date(docs: Run, tmp_path: Path) -> None:
    """The same bytes in any process, whatever order sets have there."""
    done = docs()
    assert (done.returncode, done.stdout) == (0, "book: 11 files, 11 changed\n")
    written = read(tmp_path / "book")
    assert {p.replace("main", "tiny_book") for p in written} == FILES
    assert docs(seed="1").stdout == "book: 11 files, 0 changed\n"
    done = docs("--check", seed="2")
    assert (done.returncode, done.stdout) == (0, "book: 11 files, all up to date\n")
    assert read(tmp_path / "book") == written


def test_check_names_what_is_stale_missing_or_too_many(docs: Run, tmp_path: Path) -> None:
    """And docs puts it right, old pages included; a check changes nothing."""
    docs()
    folder = tmp_path / "book"
    before = read(folder)
    (folder / "claims" / "T-1.md").write_text(before["claims/T-1.md"].replace("T-1", "T-1 "))
    (folder / "graph.svg").unlink()
    (folder / "claims" / "T-99.md").write_text(f"{MARK}\n# T-99\n")
    damaged = read(folder)
    done = docs("--check")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "claims/T-1.md: stale",
        "claims/T-99.md: not of this book",
        "graph.svg: missing",
        "`streamproof docs -o book` brings the pages up to date",
    ]
    assert read(folder) == damaged
    assert docs().stdout == "book: 11 files, 3 changed\n"
    assert read(folder) == before


def test_check_without_a_book(docs: Run, tmp_path: Path) -> None:
    done = docs("--check")
    assert done.returncode == 1 and done.stdout.startswith("book holds no book\n")
    assert list(tmp_path.iterdir()) == []


def test_no_book_while_evidence_fails(streamproof: Run, tmp_path: Path, tiny: Book) -> None:
    """Pages that show a failure as if it were a finding must not come into being."""
    done = streamproof("docs", "-o", "book")
    assert done.returncode == 1
    assert "T-5: ProofFailure: ideal" in done.stdout and "T-6: AttributeError" in done.stdout
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(EvidenceFails, match="T-5: ProofFailure"):
        pages(tiny, str(tmp_path))


@pytest.mark.parametrize("command", [(), ("--check",)])
def test_a_foreign_folder_is_refused(docs: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Otherwise `-o docs` would mix the book with what people wrote, or remove it."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "notes.md").write_text("# mine\n")
    done = docs(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "streamproof: book is not a folder of `streamproof docs`: it holds book/notes.md; name another with -o\n"
    )
    assert read(tmp_path) == {"book/notes.md": "# mine\n"}


def plant_binary(folder: Path) -> None:
    (folder / "picture.png").write_bytes(b"\x89PNG\xff\xfe")


def plant_link(folder: Path) -> None:
    (folder / "README.md").symlink_to(folder.parent / "elsewhere.md")


def plant_linked_folder(folder: Path) -> None:
    (folder / "claims").symlink_to(folder.parent)


def plant_page_below(folder: Path) -> None:
    (folder / "claims").mkdir()
    (folder / "claims" / "T-1.md").write_text("# edited from the first line on\n")


@pytest.mark.parametrize("plant", [plant_binary, plant_link, plant_linked_folder, plant_page_below])
def test_nothing_that_is_not_ours_is_replaced(sound: Book, tmp_path: Path, plant: Callable[[Path], None]) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    (tmp_path / "elsewhere.md").write_text(MARK)
    plant(folder)
    before = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*"))
    with pytest.raises(Refusal, match="is not a folder of `streamproof docs`"):
        pages(sound, str(folder))
    with pytest.raises(Refusal):
        write(str(folder), {"README.md": MARK})
    with pytest.raises(Refusal):
        differences(str(folder), {})
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == before
    assert (tmp_path / "elsewhere.md").read_text() == MARK


def test_a_file_in_the_place_of_the_folder_is_refused(docs: Run, tmp_path: Path) -> None:
    (tmp_path / "book").write_text("kept")
    done = docs()
    assert (done.returncode, done.stderr) == (2, "streamproof: book is not a folder\n")
    assert read(tmp_path) == {"book": "kept"}


# ---------------------------------------------------------------- what is on the pages
def test_the_page_of_a_sharp_claim(found: dict[str, str]) -> None:
    text = found["claims/T-7.md"]
    assert text.startswith(
        f"{MARK}\n# T-7: A layer can clear no more directions than the stream has\n\n**proved**, no ax"
    )
    assert "\n- $`d, m \\in \\mathbb{N}`$\n- $`V \\in \\mathbb{R}^{d \\times m}`$\n" in text
    assert "\n$$\nW V = I_{m} \\tag{h1}\n$$\n" in text
    assert "\n## Every hypothesis is needed\n\nWithout **h1** the conclusion can fail.\n" in text
    assert "V = \\begin{pmatrix} 1 & 0 \\end{pmatrix}\n$$\n\n$`m \\le d`$ fails:\n\n$$\nm = 2,\\quad d = 1\n$$" in text
    assert "\n## Equality\n\n$`m \\le d`$ is attained.\n" in text
    assert "\n## Used by\n\n- [T-7a](T-7a.md) (proved): ..nor one more than that\n" in text
    assert text.endswith("\nIt answers TH-1 too.\n")


def test_the_page_of_a_claim_that_cites(found: dict[str, str]) -> None:
    text = found["claims/T-7a.md"]
    assert "\n1. d >= m    (T-7)\n" in text and "\n## Rests on\n\n- [T-7](T-7.md) (proved): " in text
    assert "$`m \\le 1 + d`$ is never attained: m is at most d (T-7), so one is to spare.\n" in text


def test_the_page_of_a_counterexample(found: dict[str, str]) -> None:
    text = found["claims/T-2.md"]
    assert "**refuted**" in text and "\n## Counterexample\n\nAt\n\n$$\n\\begin{aligned}\n& d = 2,\\quad m = 1" in text
    assert "W = \\begin{pmatrix} \\tfrac{1}{2} & 0 \\end{pmatrix}" in text
    assert "\n## What is wrong\n\nTrue for square matrices only.\n" in text
    assert "\n## Repairs\n\n- [T-2a](T-2a.md) (proved): " in text


def test_pages_without_a_theorem(found: dict[str, str]) -> None:
    assert "The square of a read W\\[1\\]\n\n**ill-typed**\n" in found["claims/T-3.md"]
    assert "## The clash\n\n```text\nin W*W: W is m x d and W is m x d" in found["claims/T-3.md"]
    assert "The expression, which is m x m,\n\n$$\nW V\n$$\n" in found["claims/T-4.md"]


def test_the_index_has_every_item_in_order(found: dict[str, str]) -> None:
    text = found["README.md"]
    assert "\n8 claims: 5 proved, 1 refuted, 1 ill-typed, 1 definition; no axiom.\n" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip().strip("[").partition("]")[0] for row in rows] == [
        *("item", "T-1", "T-2", "T-3", "T-4"),
        *("item", "TH-1", "TH-2", "TH-3"),
        *("item", "T-7", "T-8"),
    ]
    assert (
        "| [T-2](claims/T-2.md) | refuted | A left inverse is a right inverse | proved: [a](claims/T-2a.md) |" in rows
    )
    assert (
        "| TH-1 |  | A layer can clear no more directions than the stream has | proved: [T-7](claims/T-7.md) |" in rows
    )
    assert "| TH-3 | open |  |  |" in rows


def test_every_claim_is_on_the_page_of_its_topic(real: dict[str, str]) -> None:
    for c in BOOK:
        path = f"topics/{c.topic.rpartition('.')[2]}.md"
        assert f"\n## [{c.id}](../claims/{c.id}.md): " in real[path]
        assert f"]({'../' + path})" in real[f"claims/{c.id}.md"]
    assert len(real) == len(BOOK.claims) + len({c.topic for c in BOOK}) + 2


def test_every_item_has_its_place_in_the_chapters() -> None:
    """A claim on an item that the list of the chapters lacks would come last in the index, out of order."""
    listed = {item for items in BOOK.chapters.values() for item in items}
    assert {i for c in BOOK for i in (c.base, *c.also) if i not in listed} == set()


def test_links_lead_to_pages(real: dict[str, str]) -> None:
    seen = 0
    for path, text in real.items():
        text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
        for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
            seen += 1
            assert str((Path("/") / path).parent.joinpath(link).resolve())[1:] in real, (path, link)
    assert seen > 3 * len(BOOK.claims)


def test_pages_show_no_object_of_python(real: dict[str, str]) -> None:
    """Its address would differ from run to run."""
    assert [path for path, text in real.items() if " object at 0x" in text or "<function" in text] == []


def formulas(text: str) -> list[str]:
    text = re.sub(r"^```text\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^\$\$\n(.*?)\n\$\$$", text, re.MULTILINE | re.DOTALL) + re.findall(r"\$`(.*?)`\$", text)


def test_formulas_survive_markdown(real: dict[str, str]) -> None:
    """Even a reader that knows no mathematics leaves them as they are; brackets and environments are closed."""
    seen = 0
    for path, text in real.items():
        for tex in formulas(text):
            seen += 1
            assert not re.search(r"\\[^A-Za-z \n]", tex), (path, tex)
            assert plain(MarkdownIt().render(f"$$\n{tex}\n$$")) == f"$$\n{tex}\n$$", (path, tex)
            assert tex.count("{") == tex.count("}")
            for one, two in ((r"\\left\b", r"\\right\b"), (r"\\begin\{(\w+)\}", r"\\end\{(\w+)\}")):
                assert len(re.findall(one, tex)) == len(re.findall(two, tex)), (path, tex)
            assert "\n\n" not in tex
    assert seen > 5 * len(BOOK.claims)


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=30))
@example("<0@0>")
@example("W_k V_i = (W_k V_j)(W_j V_i)")
@example("phi[l](x) | a*b*c <w, v> ~~x~~ `y` __z__ 1. - # &amp; $x$")
@settings(deadline=None)
def test_escaped_text_reads_as_it_was(text: str) -> None:
    """Sentences are prose with formulas in it: W_k, T[l], x*y must not turn into emphasis and links."""
    text = " ".join(text.split())
    shown = MarkdownIt("gfm-like", {"linkify": False}).disable("linkify").render(f"# {escape(text)}")
    assert plain(shown) == text
    table = MarkdownIt("gfm-like", {"linkify": False}).disable("linkify").render(f"| a |\n|---|\n| x {cell(text)} |")
    assert plain(table.rpartition("<td>")[2]) == f"x {text}".strip()


def plain(html: str) -> str:
    from html import unescape

    return unescape(re.sub(r"</?(h1|td|tr|tbody|table|p)>", "", html)).strip()


# ---------------------------------------------------------------- the graph
NAMESPACE = "{http://www.w3.org/2000/svg}"
GRAPHS = st.integers(1, 30).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40).map(
        lambda pairs: (n, {(min(p), max(p)) for p in pairs if p[0] != p[1]})
    )
)


def drawn(text: str) -> tuple[dict[str, tuple[float, float]], dict[str, str], list[Any]]:
    """Corners of the boxes by id, the links by id, and the ends of the arrows."""
    root = ElementTree.fromstring(text)
    corners, links = {}, {}
    for a in root.iter(f"{NAMESPACE}a"):
        rect, label = a.find(f"{NAMESPACE}rect"), a.find(f"{NAMESPACE}text")
        assert rect is not None and label is not None and label.text is not None
        corners[label.text] = float(rect.attrib["x"]), float(rect.attrib["y"])
        links[label.text] = a.attrib["href"]
    arrows = []
    for path in root.iter(f"{NAMESPACE}path"):
        if "marker-end" in path.attrib:
            numbers = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", re.sub(r"H\S+", "", path.attrib["d"]))]
            arrows.append((tuple(numbers[:2]), tuple(numbers[-2:])))
    return corners, links, arrows


@given(GRAPHS)
@settings(deadline=None, max_examples=40)
def test_boxes_stand_apart_and_arrows_lead_to_the_right(graph: tuple[int, set[tuple[int, int]]]) -> None:
    """Each citation is one arrow between its two boxes, and no box hides another."""
    n, edges = graph
    boxes = [Box(f"X-{i}", "title <&>", "proved", False, f"claims/X-{i}.md") for i in range(n)]
    cites = {f"X-{j}": [f"X-{i}" for i in range(n) if (i, j) in edges] for j in range(n)}
    corners, links, arrows = drawn(svg(boxes, cites))
    assert links == {b.id: b.link for b in boxes}
    places = list(corners.values())
    for i, (x, y) in enumerate(places):
        assert all(abs(x - u) >= WIDTH or abs(y - v) >= HEIGHT for u, v in places[:i])
    expected = [
        (
            (corners[f"X-{i}"][0] + WIDTH, corners[f"X-{i}"][1] + HEIGHT / 2),
            (corners[f"X-{j}"][0], corners[f"X-{j}"][1]),
        )
        for i, j in edges
    ]
    ends = {(start, (x, y + HEIGHT / 2)) for start, (x, y) in expected}
    assert all(
        abs(p - q) <= 0.11
        for e, f in zip(sorted(ends), sorted(arrows), strict=True)
        for a, b in zip(e, f, strict=True)
        for p, q in zip(a, b, strict=True)
    )
    assert all(start[0] < end[0] for start, end in arrows)


def test_the_graph_of_the_book_is_that_of_its_citations(found: dict[str, str]) -> None:
    corners, links, arrows = drawn(found["graph.svg"])
    assert set(corners) == {"T-1", "T-2", "T-2a", "T-3", "T-4", "T-7", "T-7a", "T-8a"}
    assert all(link in found for link in links.values())
    assert len(arrows) == 1 and corners["T-7"][0] < corners["T-7a"][0]
