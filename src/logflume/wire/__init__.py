"""Records to bytes and back: what readers get, and what a store keeps of a log's state.

Pure functions over what `records` defines; nothing here awaits or asks for the time.
"""
