"""Logflume's fan-out beside other servers: the same watchers, the same producer, the same lines.

Reading order: `peer` (what is measured) → `known` (who) → `load` (by what) → `measure` (how).
A peer that is not to be had, or that loses a line, has a row that says so. The C programs are in
`bench/c`; `build` makes them, and the peers that come as source, when they are first needed.
"""
