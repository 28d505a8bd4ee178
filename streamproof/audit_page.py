"""The page of an audit: what the claims say of a model, and pictures of what the chapters guess; one HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from formal.statement.printing import prop_text
from numeric.claims.audit import WORST, Audited, Reading
from numeric.claims.subject import Subject, some
from numeric.measures.channels import channels
from numeric.measures.directions import directions
from numeric.measures.erasure import erasure
from numeric.measures.heads import Heads, clearing, heads
from numeric.measures.neurons import Neurons, neurons
from numeric.measures.streams import Stream, stream
from numeric.measures.subspaces import subspaces
from numeric.optional import needed

from . import plots
from .auditing import SAID, kind

TEMPLATE = Path(__file__).parent / "templates" / "audit.html"


@dataclass(frozen=True)
class Figure:
    """A picture and what is to be seen there."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Section:
    """Some pictures with what they are about."""

    title: str
    text: str
    figures: tuple[Figure, ...]


def html(about: Subject, found: Sequence[Audited]) -> str:
    """The whole page. Raises ModelError where the plotting libraries are missing."""
    jinja = needed("jinja2", "the page of an audit")
    counts = Counter(one.status for one in found if one.readings)
    environment = jinja.Environment(autoescape=True, undefined=jinja.StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    markup = needed(
        "markupsafe", "the page of an audit"
    ).Markup  # our own pictures are the only text that is not escaped
    sections = []
    for s in pictures(about):
        figures = [{"svg": markup(f.svg), "caption": f.caption} for f in s.figures]
        sections.append({"title": s.title, "text": s.text, "figures": figures})
    text: str = template.render(
        model=about.name,
        architecture=architecture(about),
        tokens=len(about.tokens),
        text=about.text,
        said=SAID,
        counts=[(status, counts[status]) for status in WORST if counts[status]],
        sections=sections,
        claims=[_row(one) for one in sorted(found, key=_order) if one.readings],
        unread=[{"id": o.claim.id, "title": o.claim.title, "reason": o.reason} for o in found if not o.readings],
    )
    return text


def architecture(about: Subject) -> str:
    """One line on what kind of transformer it is."""
    c = about.config
    norm = {"layer": "LayerNorm", "rms": "RMSNorm"}[c.norm]
    place = {"post": "post-norm", "pre": "pre-norm", "pre-as-printed": "pre-norm as printed"}[c.residual]
    heads = f"{c.n_heads} heads" + (f" sharing {c.n_kv_heads} keys and values" if c.n_kv_heads != c.n_heads else "")
    gate = "gated " if c.gated else ""
    return f"{c.n_layers} layers, {place} {norm}, width {c.d_model}, {heads} of {c.d_head}, {gate}MLPs of {c.d_mlp}"


def pictures(about: Subject) -> list[Section]:
    """All measures, drawn."""
    by_layer = [neurons(about, layer) for layer in about.layers]
    ov = [heads(about, layer) for layer in about.layers]
    pairs, shared, along, sets = channels(about), subspaces(about), stream(about), directions(about)
    position = len(about.tokens) // 2
    local = [erasure(about, layer, position) for layer in some(about.layers, 6)]
    return [
        Section(
            "Virtual weights",
            "What a later MLP reads of what an earlier one writes is the matrix W_k V_i. Its singular values are the "
            "strengths of its channels (VW-L6d), its rank is their number (VW-C3a), and composition adds what flows "
            "through the layers between (VW-L5a).",
            (
                Figure(plots.spectra(pairs), "Singular values of some virtual weights, the strongest channel first."),
                Figure(
                    plots.pairs_of_layers(pairs),
                    "For each pair of MLPs: how many channels of equal strength would carry as much, and the norm "
                    "of the virtual weight beside the norms of its factors.",
                ),
            ),
        ),
        Section(
            "Subspaces of heads",
            f"The heads write to {len(shared.overlap)} subspaces of dimension {about.config.d_head}, in a stream of "
            f"width {about.config.d_model}. Two overlap by {shared.mean:.3f} on average, and the mean cannot be below "
            f"{shared.forced:.3f} (TH-20a).",
            (
                Figure(
                    plots.head_subspaces(shared), "Overlap of what each two heads write to; 1 is the same subspace."
                ),
                Figure(plots.principal_angles(shared), "Cosines near 1 are directions that both heads write to."),
            ),
        ),
        Section(
            "Memory management by neurons",
            neuron_text(by_layer),
            (Figure(plots.neuron_criteria(by_layer), "A neuron that is fully on clears what it reads exactly at -1."),),
        ),
        Section(
            "Memory management by heads",
            head_text(ov),
            (Figure(plots.ov_eigenvalues(ov), "Eigenvalues of W_OV of all heads, dark for early layers."),),
        ),
        Section(
            "Superposition",
            "More directions than dimensions must overlap: the largest cosine is at least Welch's bound (TH-14a).",
            (Figure(plots.coherences(sets), "How much directions do overlap, and how much they must."),),
        ),
        Section(
            "The stream along its depth",
            stream_text(along),
            (
                Figure(plots.growth(along), "Length of the residual stream, and of what each layer writes."),
                Figure(
                    plots.local_gains(local),
                    f"Gains of the local maps of layers at token {position}: below 1 a direction shrinks, at 0 it "
                    "would be erased.",
                ),
            ),
        ),
    ]


def neuron_text(found: Sequence[Neurons]) -> str:
    """How many neurons fulfil the exact criteria, and what the run left of what they read."""
    total = sum(len(n.dot) for n in found)
    below, shrinks, undecided = (sum(getattr(n, x) for n in found) for x in ("below", "shrinks", "undecided"))
    left = np.concatenate([n.left[np.isfinite(n.left)].ravel() for n in found])
    near = float((np.abs(left) < 0.1).mean())
    return (
        f"Of {total} neurons, {below} certainly have w_in · w_out <= -1, so that some slope of their activation clears "
        f"what they read (VW-L11a); {shrinks} certainly lie between -2 and 0, where a slope of 1 shrinks it; "
        f"{undecided} are too close to a bound to tell. In this run a neuron left less than a tenth of what it read "
        f"in {near:.2%} of all cases."
    )


def head_text(found: Sequence[Heads]) -> str:
    """How many heads could clear, and how close the run came to it."""
    total = sum(len(h.eigenvalues) for h in found)
    able = sum(int(clearing(h).sum()) for h in found)
    closest = min((float(h.closest.min()) for h in found if len(h.closest)), default=np.inf)
    return (
        f"A token that attends to itself with weight A_ii clears an eigenvector of W_OV exactly where A_ii lam = -1, "
        f"which needs lam <= -1 (VW-U10c): {able} of {total} heads have such a real eigenvalue. The closest that a "
        f"token of this run came to clearing one leaves {closest:.3f} of it."
    )


def stream_text(found: Stream) -> str:
    """Growth, and what norms on the stream do to sums."""
    grown = float(np.median(found.norms[-1]) / np.median(found.norms[0]))
    if not len(found.scales):
        return (
            f"No norm stands on the stream, so that it is a sum of all that was written (RS-T1). Its length grows by a "
            f"factor of {grown:.1f}."
        )
    spread = float(np.median(found.scales.max(axis=1) / found.scales.min(axis=1)))
    low, high = found.share[-1].min(), found.share[-1].max()
    return (
        f"{len(found.scales)} norms stand on the stream, each of which forgets {found.forgotten} dimensions to first "
        f"order (TH-22e) and divides all that was written before it by a scale that differs between tokens, "
        f"typically by a factor of {spread:.2f}. At the end the embedding has been multiplied by {low:.3g} to "
        f"{high:.3g}, depending on the token: that is how far this stream is from being one linear map of what was "
        "written into it."
    )


def _order(one: Audited) -> tuple[int, str]:
    return (WORST.index(one.status) if one.status in WORST else len(WORST), one.claim.id)


def _row(one: Audited) -> dict[str, Any]:
    claim = one.claim
    statement = prop_text(claim.show) if claim.show is not None else str(claim.defines)
    return {
        "id": claim.id,
        "title": claim.title,
        "statement": statement if len(statement) < 1500 else f"{statement[:1500]} ..",
        "verdict": kind(claim),
        "status": one.status,
        "width": f"{one.width:.1e}" if one.width else "",
        "readings": list(map(_reading, one.readings)),
    }


def _reading(r: Reading) -> dict[str, str]:
    said = str(r.conclusion) if r.conclusion.holds is None and r.status == "within" else SAID[r.status]
    return {
        "where": r.where,
        "status": r.status,
        "said": said,
        "why": r.why if len(r.why) < 300 else f"{r.why[:300]} ..",
    }
