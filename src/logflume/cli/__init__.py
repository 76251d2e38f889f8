"""The command line: `logflume serve`, `run`, `push`, `tail`, `ls`, `show`, `open`, `sync`,
`compare`.

Built on the public HTTP API; only `serve` knows the server. Data goes to stdout, messages to
stderr. What a command does is loaded when it is called, so that `run` starts its command at once.
"""

from __future__ import annotations

from logflume.cli.app import main

__all__ = ["main"]
