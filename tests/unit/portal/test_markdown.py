"""The Markdown of our guides becomes HTML, and nothing else in a file does."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.portal.guides import FOLDER, GUIDES, address_of, guide
from server.portal.markdown import render_markdown


def render(text: str) -> str:
    return render_markdown(text, lambda target: f"/help/{target}" if target == "other" else None)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One", "<h1>One</h1>"),
        ("### Three `x`", "<h3>Three <code>x</code></h3>"),
        ("a\nb", "<p>a b</p>"),
        ("会前，\n十分钟", "<p>会前，十分钟</p>"),
        ("运行\nmake demo", "<p>运行 make demo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("**bold `code`** plain", "<p><strong>bold <code>code</code></strong> plain</p>"),
        ("[here](other)", '<p><a href="/help/other">here</a></p>'),
        ("[out](https://example.org)", "<p>out</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("words\n- a", "<p>words</p>\n<ul><li>a</li></ul>"),
        ("1. a\n   b\n2. c", "<ol><li>a b</li><li>c</li></ol>"),
        ("- a\n\n      x\n\nb", "<ul><li><p>a</p>\n<pre><code>x</code></pre></li></ul>\n<p>b</p>"),
        ("- a\n1. b", "<ul><li>a</li></ul>\n<ol><li>b</li></ol>"),
        ("    x < y\n\n    z", "<pre><code>x &lt; y\n\nz</code></pre>"),
        (
            "| a | b |\n| --- | --- |\n| **c** | d |",
            '<div class="tbl-wrap" tabindex="0"><table class="tbl"><thead><tr>'
            '<th scope="col">a</th><th scope="col">b</th></tr></thead>'
            "<tbody><tr><td><strong>c</strong></td><td>d</td></tr></tbody></table></div>",
        ),
    ],
    ids=str,
)  # fmt: skip
def test_each_form_becomes_its_html(text: str, html: str) -> None:
    assert render(text) == html


def test_markup_in_a_file_stays_text() -> None:
    assert render('<b onclick="x">') == "<p>&lt;b onclick=&quot;x&quot;&gt;</p>"


class _Tags(HTMLParser):
    seen: set[str]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


@given(st.text(alphabet=' \n-1.#|*`[]()<>&"a会', max_size=80))
def test_no_text_breaks_it_or_smuggles_markup_in(text: str) -> None:
    parser = _Tags()
    parser.seen = set()
    parser.feed(render(text))
    assert parser.seen <= {
        "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "code", "pre", "strong",
        "div", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip


@pytest.mark.parametrize("name", GUIDES)
def test_every_guide_is_there_and_calls_nobody_a_typist(name: str) -> None:
    html = guide(name)
    assert html.startswith("<h1>")
    assert "秘书" not in html
    assert "**" not in html


def test_every_file_of_the_folder_is_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(GUIDES)


def test_links_lead_to_guides_and_pages_only() -> None:
    assert address_of("install-ca.md") == "/help/install-ca"
    assert address_of("/sessions") == "/sessions"
    assert address_of("//example.org") is None
    assert address_of("javascript:x") is None
    assert address_of("../operations.md") is None
