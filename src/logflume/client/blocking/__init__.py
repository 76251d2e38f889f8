# Made by scripts/generate-client from client/aio/__init__.py: change that one, then run it.
"""The client that blocks, made of `aio/` by `scripts/generate-client`.

Here is what waits; all that does not is one level up and shared by both. `client.Client` is
where to begin, `following.Batches` the live reading, a file each what brings it.
"""
