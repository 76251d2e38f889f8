"""A client of Logflume's HTTP API: create deployments, append to their logs, read and follow.

Blocking and small; the command line is built on it. Nothing here knows the server's code: it
builds on `docs/api.md` alone. `http.Client` is where to begin, `follow.Follower` the live reading.

This file imports nothing: who needs only an address should not wait for the HTTP library.
"""
