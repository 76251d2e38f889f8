"""Speed and memory of a real server, as figures. Nothing here asserts one.

Reading order: `rounds` (what a measure is made of) → `ingest` (the simplest measure) → any other.
Each measure is one file with one idea. `nothing` is a server that does none of the work: the same
load against it tells how fast the load itself is.
"""
