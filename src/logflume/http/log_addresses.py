"""A log's address and its id, each from the other.

One log, one spelling: whoever follows it is told the same address, whichever way it was asked for.
"""

from __future__ import annotations

import re

from logflume.access.audit import AUDIT
from logflume.deployments import deployments
from logflume.deployments.deployments import FEED
from logflume.errors import BadInput
from logflume.generic import names
from logflume.records import LogId

FEED_ADDRESS = "/v1/deployments/feed"

AUDIT_ADDRESS = "/v1/audit"

_ALONE = {FEED_ADDRESS: FEED, AUDIT_ADDRESS: AUDIT}
"""The logs of which there is one."""

_DEPLOYMENT = re.compile(r"/v1/deployments/([^/]+)/log")


def log_at(address: str) -> LogId:
    """The log at this path. Raises BadInput, and NoSuchLog for what cannot be a deployment's id."""
    if address in _ALONE:
        return _ALONE[address]
    match = _DEPLOYMENT.fullmatch(address)
    if match is not None:
        return deployments.log_of(match[1])
    if address.startswith(names.ADDRESS):
        return names.log_at(address)
    raise BadInput(
        f"log must be the path of a log: /v1/deployments/…/log, {FEED_ADDRESS} or {names.ADDRESS}…"
    )


def address_of(log: LogId) -> str:
    """The path at which the log is read."""
    for address, alone in _ALONE.items():
        if log == alone:
            return address
    if log.startswith(names.PREFIX):
        return names.ADDRESS + log.removeprefix(names.PREFIX)
    return f"/v1/deployments/{log.removeprefix(deployments.PREFIX)}/log"


__all__ = ["address_of", "log_at"]
