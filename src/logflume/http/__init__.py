"""The HTTP API and the pages: one short file a pattern, over the same cursor.

Nothing here names a concrete store. The routes that carry logs are plain ASGI, because a
framework's request and response would be most of the work; the rest is Starlette's.
"""
