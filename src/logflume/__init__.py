"""Logflume: a deployment's log, so far and live, with nothing lost or repeated between."""

__version__ = "0.1.0"
