"""Deployments: what they are, their lines, markers and digests, and the list of them."""
