"""How a seller's documents look: a theme, a template of their own, and what none of them may do."""

import base64
import io

import pytest
from pypdf import PdfReader

PLAIN = """#let data = json(bytes(sys.inputs.data))
#set document(title: data.title, author: data.seller.name)
#set text(font: "Inter", lang: data.lang)
= Own template
#data.number: #data.box.amount
"""


def test_a_theme_is_used_from_the_next_document_on(documents):
    before = documents.finalized("RE-1")
    theme = {"accent": "#0b6e4f", "words": {"de": {"title.invoice": "Rechnung (Original)"}}}

    assert documents.call("PUT", "/documents/looks/main/theme", theme) == (200, {"version": 1})
    after = documents.finalized("RE-2")

    assert "Rechnung (Original)" not in _text(documents.stored(before.id))
    assert "Rechnung (Original)" in _text(documents.stored(after.id))
    assert documents.call("PUT", "/documents/looks/main/theme", {}) == (200, {"version": 2})


@pytest.mark.parametrize(
    ("theme", "field"),
    [
        ({"accent": "#ffee00"}, "theme.accent"),
        ({"logo": "<html/>"}, "theme.logo"),
        ({"columns": ["colour"]}, "theme.columns[0]"),
    ],
)
def test_a_theme_that_would_not_do_is_refused_at_save(documents, theme, field):
    status, problem = documents.call("PUT", "/documents/looks/main/theme", theme)

    assert (status, problem["errors"][0]["field"]) == (422, field)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'
SQUARE = '<rect width="9" height="9" fill="#0b6e4f"/>'


def doubling(times):
    """A drawing of 2 to the power of times squares, in a few hundred bytes."""
    steps = "".join(
        f'<g id="a{n}"><use href="#a{n - 1}"/><use href="#a{n - 1}"/></g>' for n in range(1, times + 1)
    )
    return SVG.format(f'<defs><g id="a0">{SQUARE}</g>{steps}</defs><use href="#a{times}"/>')


def test_a_logo_is_drawn_once_before_it_is_used(documents):
    path = "/documents/looks/main/theme"
    assert documents.call("PUT", path, {"logo": SVG.format(SQUARE)}) == (200, {"version": 1})

    status, problem = documents.call("PUT", path, {"logo": doubling(24)})
    assert (status, problem["code"]) == (422, "logo_too_greedy")

    preview = documents.call("POST", "/documents/looks/main/preview", {"theme": {"logo": doubling(24)}})
    assert preview[0] == 422
    huge = SVG.format(SQUARE * 5_000)
    assert documents.call("PUT", path, {"logo": huge})[1]["code"] == "logo_too_large"


def test_an_unknown_legal_entity_has_no_look(documents):
    assert documents.call("PUT", "/documents/looks/other/theme", {})[0] == 404


def test_a_template_of_their_own_sets_documents_and_carries_the_e_invoice_too(documents):
    assert documents.call("PUT", "/documents/looks/main/template", {"source": PLAIN}) == (200, {"version": 1})

    made = documents.finalized()

    pdf = PdfReader(io.BytesIO(documents.stored(made.id)))
    assert "Own template" in pdf.pages[0].extract_text()
    assert list(pdf.attachments) == ["factur-x.xml"]


def test_a_template_that_fails_at_a_document_gives_way_to_the_product_s_own(documents):
    fragile = PLAIN + '#if data.number == "RE-1" { panic("no") }\n'
    assert documents.call("PUT", "/documents/looks/main/template", {"source": fragile})[0] == 200

    made = documents.finalized("RE-1")

    assert documents.document(made.id)["status"] == "ready"
    assert "Zu zahlen" in _text(documents.stored(made.id))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('#read("/etc/passwd")', "template_fails"),
        ('#read("../../../../etc/passwd")', "template_fails"),
        ('#import "@preview/cetz:0.3.0"', "template_imports"),
        ('#import "\\u{40}preview/cetz:0.3.0": *', "template_fails"),
        ("#while true {}", "template_fails"),
        ("#for i in range(1000000000) { i }", "template_too_greedy"),
        ('#("a" * 3000000000)', "template_too_greedy"),
        ("#let f(x) = f(x + 1)\n#f(0)", "template_fails"),
        ("#unknown", "template_fails"),
        ("x" * 100_001, "template_too_long"),
    ],
)
def test_a_hostile_template_is_refused_at_save(documents, source, code):
    status, problem = documents.call("PUT", "/documents/looks/main/template", {"source": source})

    assert (status, problem["code"]) == (422, code)
    assert "root:" not in str(problem)


def test_a_preview_is_a_picture(documents):
    status, answer = documents.call("POST", "/documents/looks/main/preview", {"locale": "fr"})
    assert status == 200
    assert base64.b64decode(answer["png"]).startswith(b"\x89PNG")

    status, own = documents.call("POST", "/documents/looks/main/preview", {"source": PLAIN})
    assert status == 200
    assert own["png"] != answer["png"]


def _text(pdf):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
