"""Takes the README's picture of the page: `scripts/screenshot`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.servers import ServerProcess

ROOT = Path(__file__).parent.parent
IMAGE = ROOT / "docs/images/deployment.png"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def deploy(url: str) -> str:
    """Run the demonstration's deployment; the address of its page."""
    command = ["run", "--project", "shop", "--environment", "production", "--ref", "main"]
    command += ["--title", "Release 4.2", "--", "scripts/demo-deployment"]
    environment = {**os.environ, "LOGFLUME_SERVER": url, "FORCE_COLOR": "1"}
    logflume = [sys.executable, "-m", "logflume"]
    subprocess.run([*logflume, *command], env=environment, cwd=ROOT, check=True)
    listed = subprocess.run(
        [*logflume, "ls", "--json"], env=environment, capture_output=True, check=True
    )
    return str(json.loads(listed.stdout.splitlines()[0])["links"]["page"])


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "data") as server,
        sync_playwright() as playwright,
    ):
        page_address = deploy(server.url)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(
            viewport={"width": 1200, "height": 620}, device_scale_factor=2, color_scheme="dark"
        )
        page.goto(page_address)
        page.get_by_text("complete").first.wait_for()
        IMAGE.parent.mkdir(exist_ok=True)
        page.screenshot(path=IMAGE)
        browser.close()


if __name__ == "__main__":
    main()
