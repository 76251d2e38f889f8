"""A client of Logflume's HTTP API: create deployments, write their logs, read and follow them.

`aio/` waits with asyncio, `blocking/` is made from it and blocks; what does not wait is here and
shared by both. Nothing in it knows the server's code: it builds on `docs/api.md` alone. The
command line is built on it, and `logflume` offers it under short names.

This file imports nothing: who needs only an address should not wait for the HTTP library.
"""
