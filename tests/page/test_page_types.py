"""The page's modules say what they take and give, in JSDoc, and the TypeScript compiler agrees."""

from __future__ import annotations

import subprocess
from pathlib import Path

NODE = Path(__file__).parents[1] / "node"


def test_types_of_the_page_agree() -> None:
    compiler = NODE / "node_modules/.bin/tsc"
    assert compiler.exists(), "TypeScript is missing; scripts/test installs it"
    checked = subprocess.run(
        [compiler, "--project", NODE / "tsconfig.json"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
