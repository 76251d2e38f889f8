"""What people paste, and which server and deployment it means."""

from __future__ import annotations

import pytest

from logflume.client.addresses import Address, find_deployment, normal_server, same_server

ID = "dep_" + "0" * 37
HERE = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("pasted", "server"),
    [
        (ID, HERE),
        (f"  {ID}\n", HERE),
        (f"https://logs.test/d/{ID}", "https://logs.test"),
        (f"https://logs.test/d/{ID}#L120-L140", "https://logs.test"),
        (f"https://logs.test/d/{ID}?theme=dark", "https://logs.test"),
        (f"https://logs.test/d/{ID}/", "https://logs.test"),
        (f"https://logs.test/embed/{ID}", "https://logs.test"),
        (f"https://logs.test/v1/deployments/{ID}", "https://logs.test"),
        (f"https://logs.test/v1/deployments/{ID}/log?tail=5", "https://logs.test"),
        (f"https://logs.test:8443/flume/d/{ID}", "https://logs.test:8443/flume"),
        (f"<https://logs.test/d/{ID}>", "https://logs.test"),
        (f"<https://logs.test/d/{ID}|deploy 12>", "https://logs.test"),
        (f"<{ID}>", HERE),
    ],
)
def test_what_is_understood(pasted: str, server: str) -> None:
    """Ids, pages, logs, with anchors, queries and the brackets of chat programs."""
    assert find_deployment(pasted, HERE) == Address(server, ID)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "dep_",
        ID + "0",
        f"https://logs.test/x/{ID}",
        f"ftp://logs.test/d/{ID}",
        "https://a.test",
    ],
)
def test_what_is_not(pasted: str) -> None:
    """Anything else is an error that says what would be understood."""
    with pytest.raises(ValueError, match="neither a deployment's id"):
        find_deployment(pasted, HERE)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("http://127.0.0.1:8080/", HERE),
        (" https://logs.test ", "https://logs.test"),
        ("https://logs.test/flume/", "https://logs.test/flume"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_servers(text: str, server: str) -> None:
    """A server's address is kept as it is, but for its last slash."""
    assert normal_server(text) == server


@pytest.mark.parametrize(
    "text",
    ["", "logs.test", "ftp://logs.test", "http://", "http://a:99999", "http://a?b", "http://a:x"],
)
def test_what_is_no_server(text: str) -> None:
    """Anything that no request can be sent to is refused at once."""
    with pytest.raises(ValueError, match=r"."):
        normal_server(text)


def test_same_server() -> None:
    """Servers are the same by scheme, host and port, the default port included."""
    assert same_server("https://logs.test/flume", "https://LOGS.test:443")
    assert not same_server("https://logs.test", "http://logs.test")
    assert not same_server("https://logs.test", "https://logs.test.evil.test")
