"""The client for asyncio. `blocking/` is the same, made from it by `scripts/generate-client`.

Here is what waits; all that does not is one level up and shared by both. `client.AsyncClient` is
where to begin, `following.AsyncBatches` the live reading, a file each what brings it.
"""
