"""The patterns of reading a log, measured against each other on the machine this runs on.

Reading order: `plan` (what is asked for) → `comparison` (the order of things) → `deliveries`,
`memory`, `cuts`, `buffering` (one measure each) → `watcher`, `polling`, `streaming` (who reads) →
`figures` (what comes out), `table` and `report` (how it is shown).

Everything goes through the public HTTP API of a server in a process of its own. Watchers are bare
sockets that know no more than `docs/protocol.md` says, so that their own work is small beside what
is measured; what is left of it is among the figures.
"""
