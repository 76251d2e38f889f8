"""The table of planted faults still fits the source; `make faults` plants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_place_in_the_source(fault: Fault) -> None:
    """Once, and changes something there; each of its tests is there too."""
    text = (ROOT / "src/logflume" / fault.file).read_text()
    assert text.count(fault.old) == 1
    assert fault.old != fault.new
    assert all(Path(ROOT / test.split("::")[0]).exists() for test in fault.tests.split())
