"""The memory store keeps the store contract."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from logflume.store import Store
from logflume.store.memory import MemoryStore
from tests.contract.store import *  # noqa: F403
from tests.contract.store_lifecycle import *  # noqa: F403
from tests.contract.store_rewrite import *  # noqa: F403


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    made = MemoryStore()
    yield made
    await made.close()
