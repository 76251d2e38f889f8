"""Addresses in a line become links: as far as they go, and only to the web."""

from __future__ import annotations

import pytest

from tests.page.rendering import Renderer


def found(renderer: Renderer, text: str) -> list[str]:
    """The parts of `text` that are links."""
    units = text.encode("utf-16-le")  # what JavaScript counts in
    return [
        units[2 * link["start"] : 2 * link["end"]].decode("utf-16-le")
        for link in renderer.ask("links", text=text)["links"]
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.com", "https://example.com"),
        ("see https://example.com/a?b=c&d=e#f.", "https://example.com/a?b=c&d=e#f"),
        ("HTTP://EXAMPLE.COM/A", "HTTP://EXAMPLE.COM/A"),
        ("http://localhost:8080/d/dep_1, then", "http://localhost:8080/d/dep_1"),
        ("http://[::1]:8080/x.", "http://[::1]:8080/x"),
        ("http://127.0.0.1:1234/!", "http://127.0.0.1:1234/"),
        ("git+https://example.com/a.git@v1", "https://example.com/a.git@v1"),
        ("url=https://example.com/a;", "https://example.com/a"),
        ("https://example.com/...", "https://example.com/"),
        ("https://example.com/a…", "https://example.com/a"),
        ("🪵 https://example.com/🪵.", "https://example.com/🪵"),
        ("https://web.example/2026/https://b.example/", "https://web.example/2026/https://b.example/"),
    ],
)  # fmt: skip
def test_an_address_ends_where_its_sentence_does(
    renderer: Renderer, text: str, address: str
) -> None:
    """Punctuation after it is no part of it; what is within it is."""
    assert found(renderer, text) == [address]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(https://example.com/a)", "https://example.com/a"),
        ("(see https://example.com/a_(b).)", "https://example.com/a_(b)"),
        ("[text](https://example.com/a) more", "https://example.com/a"),
        ("<https://example.com/a>", "https://example.com/a"),
        ('"https://example.com/a"', "https://example.com/a"),
        ("'https://example.com/a',", "https://example.com/a"),
        ("`https://example.com/a`", "https://example.com/a"),
        ("“https://example.com/a”", "https://example.com/a"),
        ("«https://example.com/a»", "https://example.com/a"),
        ("「https://example.com/a」", "https://example.com/a"),
        ("**https://example.com/a**", "https://example.com/a"),
        ("https://example.com/?a[0]=1&b={c}", "https://example.com/?a[0]=1&b={c}"),
        ("https://example.com/a(b", "https://example.com/a"),
        ("fetch(https://example.com/a) {", "https://example.com/a"),
        (r"https://example.com/a\n", "https://example.com/a"),
        ("https://example.com/a|https", "https://example.com/a"),
        ("请访问https://example.com查看", "https://example.com"),
        ("http://localhost:8080にアクセス", "http://localhost:8080"),
        ("见https://example.com/路径，谢谢", "https://example.com/路径"),
    ],
)
def test_brackets_quotes_and_scripts(renderer: Renderer, text: str, address: str) -> None:
    """Brackets belong to an address in pairs; quotes of any script end it."""
    assert found(renderer, text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "https://", "https://...", "http:example.com", "xhttps://example.com", "www.example.com",
        "ftp://example.com", "javascript:alert(1)//https", "data:text/html,<b>",
        "mailto:a@b.example", "file:///etc/passwd", "https://[", "http://%", "vbscript:x",
        "//example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_text(renderer: Renderer, text: str) -> None:
    """Other schemes, halves of addresses, names without a scheme."""
    assert found(renderer, text) == []


def test_several(renderer: Renderer) -> None:
    """Each is one, from left to right."""
    text = "https://a.example, https://b.example;http://c.example"
    assert found(renderer, text) == ["https://a.example", "https://b.example;http://c.example"]


@pytest.mark.parametrize(
    "unseen",
    ["\u202e", "\u202d", "\u2066", "\u200e", "\u200b", "\u00ad", "\ufeff", "\ufffd", "␀", "\u3000"],
)
def test_what_is_not_seen_ends_an_address(renderer: Renderer, unseen: str) -> None:
    """Nobody opens an address with something in it that does not show."""
    text = f"https://example.com/{unseen}moc.live//:sptth"
    assert found(renderer, text) == ["https://example.com/"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("https://example.com/a", None),
        ("https://bank.example@elsewhere.example/", "leads to elsewhere.example"),
        ("https://аpple.com/", "leads to xn--pple-43d.com"),
        ("https://münchen.de/", "leads to xn--mnchen-3ya.de"),
    ],
)
def test_a_title_tells_what_the_text_does_not(
    renderer: Renderer, text: str, title: str | None
) -> None:
    """A host in letters that look like others, or behind a name, is spelled out."""
    [link] = renderer.ask("links", text=text)["links"]
    assert link.get("title") == title


def test_a_link_behind_a_text_always_says_where_it_leads(renderer: Renderer) -> None:
    """The text may be another address."""
    linked = renderer.ask("address", text="https://elsewhere.example/a b\u202e")["linked"]
    assert linked == {
        "href": "https://elsewhere.example/a%20b%E2%80%AE",
        "title": "leads to https://elsewhere.example/a%20b%E2%80%AE",
    }
    assert renderer.ask("address", text="javascript:alert(1)")["linked"] is None
