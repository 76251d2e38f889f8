"""Secrets taken out of what is written, before anybody keeps it. Pure: no I/O, never awaits."""
