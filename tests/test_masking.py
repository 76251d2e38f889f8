"""What the server masks in lines of any producer: by rules, and as lines of the log ask."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from logflume.deployments import masking
from logflume.deployments.deployment import NewDeployment
from logflume.deployments.masking import Masking, Maskings, Rules, rules_of
from logflume.errors import BadRecord
from logflume.records import LogId
from tests.asgi import App
from tests.test_marker_records import Sender

KEYS = rules_of(("AKIA[0-9A-Z]{8}", "(?i)password=\\S+", "IA0\\S*x"))
NDJSON = {"Content-Type": "application/x-ndjson"}


def rules(project: str) -> Rules | None:
    return KEYS if project == "test" else None


async def texts(app: App, log: str) -> list[str]:
    answer = await app.call("GET", f"{log}?format=ndjson")
    return [json.loads(row)["text"] for row in answer.body.splitlines()]


async def new_log(app: App) -> str:
    return f"/v1/deployments/{await app.deployment()}/log"


async def test_rules_of_the_project() -> None:
    """Every line that comes, in every form of request; matches may overlap."""
    app = App(rules=rules)
    log = await new_log(app)
    text = "a AKIA01234567x b Password=x c"
    rows = f"[{json.dumps({'text': text})}]".encode()
    await app.call("POST", log, {"Content-Type": "text/plain"}, f"{text}\nplain\n".encode())
    await app.call("POST", log, NDJSON, json.dumps({"text": text}).encode() + b"\n")
    await app.call("POST", log, {"Content-Type": "application/json"}, rows)
    stream = Sender([f"{text[:7]}".encode(), f"{text[7:]}\n".encode()])
    await app.run(stream, "POST", log, {"transfer-encoding": "chunked"})
    masked = "a *** b *** c"
    assert await texts(app, log) == [masked, "plain", masked, masked, masked]


async def test_a_rule_comes_before_a_marker() -> None:
    """A group's title is what is left of its line."""
    app = App(rules=rules)
    log = await new_log(app)
    await app.call("POST", log, {}, b"::group::with AKIA01234567\n")
    answer = await app.call("GET", f"{log}?format=ndjson")
    assert json.loads(answer.body)["group"] == "with ***"


async def test_other_projects_have_other_rules() -> None:
    """What one masks, another does not; rules of a project that has none are None."""
    app = App(rules=rules)
    await app.deployments.start()
    other, _ = await app.deployments.create(NewDeployment(project="other"))
    log = f"/v1/deployments/{other.id}/log"
    await app.call("POST", log, {}, b"AKIA01234567\n")
    assert await texts(app, log) == ["AKIA01234567"]
    assert rules_of(()) is None


async def test_rules_that_change() -> None:
    """They count from the next append on, for who appends already, too."""
    app = App(rules=lambda _: current[0])
    current: list[Rules | None] = [None]
    maskings = await app.deployments.masking(LogId(f"deployment/{await app.deployment()}"))
    line = [("AKIA01234567", False)]
    assert maskings.lines(line, "stdout", b"") == line
    current[0] = KEYS
    assert maskings.lines(line, "stdout", b"") == [("***", False)]


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["fine", "("], "number 2 is no regular expression: missing \\)"),
        (["(?=x)"], "number 1 is no regular expression"),
        (["a*"], "number 1 matches the empty text"),
        (["\\b|y+"], "number 1 matches the empty text"),
        ([""], "number 1 must have 1 to 1024 bytes"),
        (["x" * 1025], "number 1 must have 1 to 1024 bytes"),
        (["((x{100}){100}){100}"], "number 1 is no regular expression"),
        (["\ud800x"], "number 1"),
        (["x"] * 101, "101 are too many; at most 100"),
    ],
)
def test_rules_that_are_none(patterns: Sequence[str], words: str) -> None:
    """Refused, with what is wrong."""
    with pytest.raises(BadRecord, match=words):
        Rules(patterns)


async def test_what_lines_ask_for() -> None:
    """The value of `::add-mask::` in that line, in the whole request, and in those that follow."""
    app = App()
    log, other = await new_log(app), await new_log(app)
    await app.call("POST", log, {}, b"before: secret\n::add-mask::secret\n")
    await app.call("POST", log, {}, b"after: secret, c2VjcmV0\n")
    await app.call("POST", log, NDJSON, b'{"text":"secret","stream":"stderr"}\n')
    await app.call("POST", other, {}, b"secret\n")
    wanted = ["before: ***", "::add-mask::***", "after: ***, ***", "***"]
    assert await texts(app, log) == wanted
    assert await texts(app, other) == ["secret"]


@pytest.mark.parametrize("sign", ["::add-mask::", "\\u003a:add-mask::", "##[ADD-mask]"])
async def test_however_json_writes_it(sign: str) -> None:
    """Characters may be numbers in JSON."""
    app = App()
    log = await new_log(app)
    await app.call("POST", log, NDJSON, b'{"text":"%b sec\\"ret"}\n' % sign.encode())
    await app.call("POST", log, {}, b'sec"ret\n')
    shown = json.loads(f'"{sign}"')
    assert await texts(app, log) == [f"{shown}***", "***"]


def new_masking() -> Masking:
    async def nobody(_: LogId) -> str:
        raise AssertionError("without rules nobody asks whose log it is")

    return Masking(Maskings(nobody, masking.no_rules), LogId("log"), "")


def test_a_value_that_goes_on() -> None:
    """In the next records of its stream, up to the line's end; another stream's stand between."""
    one = new_masking()
    assert one.lines([("::add-mask::sec", True)], "stdout", b"") == [("::add-mask::***", True)]
    assert one.lines([("re", False)], "stderr", b"") == [("re", False)]
    assert one.lines([("re", True)], "stdout", b"") == [("***", True)]
    rest = one.lines([("t", False), ("t", False)], "stdout", b"")
    assert rest == [("***", False), ("t", False)]


def test_a_line_whose_beginning_came_before() -> None:
    """A command that was cut in its name is found in the line, not in what came last."""
    line = [("::add-mask::secret", False)]
    assert new_masking().lines(line, "stdout", b"ask::secret\n") == [("::add-mask::***", False)]


def test_only_so_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond them a value is masked in its own line; of other logs, those go that said theirs
    first."""
    monkeypatch.setattr(masking, "MAX_SAID_BYTES", 12)
    monkeypatch.setattr(masking, "MAX_ALL_SAID_BYTES", 20)
    one = new_masking()
    said = [(f"::add-mask::{value}", False) for value in ("secret", "second", "third")]
    assert {text for text, _ in one.lines(said, "stdout", b"")} == {"::add-mask::***"}
    text = [("secret second third", False)]
    assert one.lines(text, "stdout", b"") == [("*** *** third", False)]
    one._maskings.add(LogId("other"), b"another")
    assert one._maskings.said(LogId("other")) is not None
    assert one.lines(text, "stdout", b"") == [("*** *** third", False)]
    one._maskings.add(LogId("third"), b"the third")
    assert one.lines(text, "stdout", b"") == text


def test_a_short_value_is_nothing_to_remember() -> None:
    """Nor is its log."""
    one = new_masking()
    assert one.lines([("::add-mask::abc", False)], "stdout", b"") == [("::add-mask::***", False)]
    assert one.lines([("abc", False)], "stdout", b"") == [("abc", False)]
    assert one._maskings.said(LogId("log")) is None


async def test_a_log_that_has_ended_needs_none() -> None:
    """Nor one that is deleted: the server keeps no secret longer than it must."""
    app = App()
    for end in ("PATCH", "DELETE"):
        deployment = await app.deployment()
        address = f"/v1/deployments/{deployment}"
        await app.call("POST", f"{address}/log", {}, b"::add-mask::secret\n")
        maskings = (await app.deployments.masking(LogId(f"deployment/{deployment}")))._maskings
        assert maskings.said(LogId(f"deployment/{deployment}")) is not None
        body = json.dumps({"status": "failed"}).encode()
        await app.call(end, address, {"Content-Type": "application/json"}, body)
        assert maskings.said(LogId(f"deployment/{deployment}")) is None


def test_plain_lines_are_not_touched() -> None:
    """The very same list comes back: nothing is done that is not needed."""
    lines = [("## [x]", False), ("C++::build", False)]
    assert new_masking().lines(lines, "stdout", b"") is lines
