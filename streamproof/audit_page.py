"""The page of an audit: what the claims say of a model, and pictures of what the chapters guess; one HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from formal.statement.printing import prop_text
from numeric.claims.audit import WITHIN, WORST, Audited, Reading
from numeric.claims.subject import Subject
from numeric.optional import needed

from .auditing import SAID, kind, said
from .findings import Section

TEMPLATE = Path(__file__).parent / "templates" / "audit.html"


def html(about: Subject, found: Sequence[Audited], sections: Sequence[Section]) -> str:
    """The whole page. Raises ModelError where the library that fills it in is missing."""
    jinja = needed("jinja2", "the page of an audit")
    counts = Counter(one.status for one in found if one.readings)
    environment = jinja.Environment(autoescape=True, undefined=jinja.StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    markup = needed("markupsafe", "the page of an audit").Markup  # our own pictures are all that is not escaped
    shown = []
    for s in sections:
        figures = [{"svg": markup(f.svg), "caption": f.caption} for f in s.figures]
        shown.append({"title": s.title, "text": s.text, "figures": figures})
    text: str = template.render(
        model=about.name,
        architecture=architecture(about),
        tokens=len(about.tokens),
        text=about.text,
        said=SAID,
        counts=[(status, counts[status]) for status in WORST if counts[status]],
        sections=shown,
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
        "said": said(one),
        "width": f"{one.width:.1e}" if one.width else "",
        "readings": list(map(_reading, one.readings)),
    }


def _reading(r: Reading) -> dict[str, str]:
    here = str(r.conclusion) if r.conclusion.holds is None and r.status == WITHIN else SAID[r.status]
    return {
        "where": r.where,
        "status": r.status,
        "said": here,
        "why": r.why if len(r.why) < 300 else f"{r.why[:300]} ..",
    }
