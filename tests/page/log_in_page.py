"""A log as the page's modules read it, asked from Python: `data.js` without a viewer."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

OPEN = """
async ([server, path, begun]) => {
  const { LogData } = await import(`${server}/assets/data.js`);
  const { begin } = await import(`${server}/assets/readers.js`);
  const src = `${server}${path}`;
  if (begun) begin(src);
  const log = (window.log = { states: [], marks: [], told: [], messages: 0, rowless: 0 });
  log.state = null;
  log.data = new LogData(src, {
    state(state) {
      log.state = state;
      log.states.push(state.connection);
      log.messages++;
      if (state.tail > 0 && log.data.row(state.tail) === undefined) log.rowless++;
    },
    rows(rows) {
      log.told.push(...rows.map((row) => row.n));
    },
    marks(records) {
      log.marks.push(...records);
    },
  });
  log.until = async (isSo) => {
    const deadline = performance.now() + 20_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(JSON.stringify(log.state));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  log.has = (first, last) => {
    for (let n = first; n <= last; n++) if (log.data.row(n) === undefined) return false;
    return true;
  };
}
"""


class LogInPage:
    """The log of a deployment, open in the page."""

    def __init__(
        self,
        page: Page,
        deployment: str,
        *,
        begun: bool = False,
        server: str = "",
        address: str = "/docs",
    ) -> None:
        """`address` is the page's own; `server` the log's, if that is another one."""
        self._page = page
        page.goto(address)
        page.evaluate(OPEN, [server, f"/v1/deployments/{deployment}/log", begun])

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self._page.evaluate(
            "() => ({ ...log.state, problem: log.state.problem?.message ?? null })"
        )
        return state

    @property
    def states(self) -> list[str]:
        """How the connection has stood, each time that it changed."""
        said: list[str] = self._page.evaluate("() => log.states")
        return [one for one, before in zip(said, ["", *said], strict=False) if one != before]

    def until(self, expression: str, argument: object = None) -> None:
        """Wait until this JavaScript of `log` and `a` is so."""
        self._page.evaluate(f"async (a) => log.until(() => {expression})", argument)

    def until_connection(self, connection: str) -> None:
        self.until("log.state?.connection === a", connection)

    def until_tail(self, tail: int) -> None:
        self.until("log.state?.tail === a", tail)

    def want(self, first: int, last: int, spans: list[dict[str, int]] | None = None) -> None:
        self._page.evaluate(
            "(a) => log.data.want(...a)", [first, last, *([spans] if spans else [])]
        )

    def reach(self, first: int, last: int) -> list[str]:
        """Want these, wait for them, and give the text of each row that begins in them."""
        self.want(first, last)
        self.until("log.has(...a)", [first, last])
        texts: list[str] = self._page.evaluate(
            """([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)
                .map((n) => log.data.row(n)).filter((row) => !("joins" in row))
                .map((row) => row.text)
            """,
            [first, last],
        )
        return texts

    def row(self, n: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._page.evaluate("(n) => log.data.row(n) ?? null", n)
        return found

    def ask(self, expression: str, argument: object = None) -> Any:
        """The value of this JavaScript of `log` and `a`."""
        return self._page.evaluate(f"async (a) => {expression}", argument)


__all__ = ["LogInPage"]
