"""A server that asks for tokens, and the tokens that tests come with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from tests.servers import ServerProcess

SHOP: dict[str, Any] = {"projects": ["shop"]}


class GuardedServer(ServerProcess):
    """`admin` is a client that may do everything, by the token that the first start told."""

    def __init__(self, data: Path, *options: str, store: str | None = None) -> None:
        super().__init__(data, store=store, options=["--require-tokens", *options])
        [self.first_token] = re.findall(r"lf_[a-z2-7]{39}", self.messages)
        self.admin = httpx2.Client(base_url=self.url, headers=bearer(self.first_token), timeout=20)

    def __exit__(self, *error: object) -> None:
        self.admin.close()
        super().__exit__(*error)

    def token(self, *grants: Mapping[str, Any], **said: Any) -> dict[str, Any]:
        """A new token as the server shows it once."""
        body = {"name": "a test's", "grants": list(grants), **said}
        return _made(self.admin.post("/v1/tokens", json=body))

    def secret(self, *grants: Mapping[str, Any], **said: Any) -> str:
        """Only its secret."""
        return str(self.token(*grants, **said)["token"])

    def revoked(self, *grants: Mapping[str, Any]) -> str:
        """The secret of a token that was revoked."""
        made = self.token(*grants)
        self.revoke(made)
        return str(made["token"])

    def revoke(self, token: Mapping[str, Any]) -> None:
        answer = self.admin.delete(f"/v1/tokens/{token['id']}")
        assert answer.status_code == 204, answer.text

    def deployment(self, project: str = "shop") -> str:
        """The id of a new one."""
        answer = self.admin.post("/v1/deployments", json={"project": project})
        return str(_made(answer)["id"])

    def share(self, deployment: str, **said: Any) -> dict[str, Any]:
        """A link to it, as the server shows it once."""
        return _made(self.admin.post(f"/v1/deployments/{deployment}/shares", json=said))

    def share_secret(self, deployment: str) -> str:
        return str(self.share(deployment)["link"]).rpartition("/")[2]


def signed_in(server: GuardedServer, secret: str) -> dict[str, str]:
    """The cookie that a browser has after it."""
    own = {"Sec-Fetch-Site": "same-origin"}
    answer = httpx2.post(f"{server.url}/v1/session", json={"token": secret}, headers=own)
    assert answer.status_code == 204, answer.text
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


__all__ = ["SHOP", "GuardedServer", "bearer", "signed_in"]
