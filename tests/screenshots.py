"""Takes the README's pictures of the page: `make screenshots`.

Whatever is in them happened: a deployment that succeeds, one that fails, and for the picture that
moves a terminal with `logflume run` in it beside the page that follows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.page.browsing import ARGUMENTS, CHROMIUM
from tests.screenshots_live import film
from tests.servers import ServerProcess

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs/images"

FAILING = r"""
echo '::group::Build'
for n in $(seq 1 240); do printf '[%d/240] Compiling \033[1mshop\033[0m/module_%d.c\n' $n $n; done
echo '::endgroup::'
echo '::group::Test'
for n in $(seq 1 60); do printf 'tests/test_%02d.py \033[32m......\033[0m\n' $n; done
printf '\033[31mFAILED\033[0m tests/test_cart.py::test_total - AssertionError: assert 41 == 42\n'
printf '\033[31mERROR: 1 failed, 360 passed\033[0m\n' >&2
exit 1
"""


def copy(folder: Path) -> Path:
    """The project in another folder: what a deployment says of where it ran is in the pictures."""
    project = folder / "logflume"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(project)], check=True)
    return project


def run(url: str, project: Path, title: str, *command: str) -> str:
    """A deployment through `logflume run`; its page's path."""
    words = ["run", "--project", "shop", "--environment", "production", "--ref", "main"]
    logflume = [sys.executable, "-m", "logflume"]
    environment: Mapping[str, str] = {**os.environ, "LOGFLUME_SERVER": url, "FORCE_COLOR": "1"}
    subprocess.run(
        [*logflume, *words, "--title", title, "--", *command],
        env=environment,
        cwd=project,
        check=False,
        capture_output=True,
    )
    listed = subprocess.run(
        [*logflume, "ls", "--json"], env=environment, capture_output=True, check=True
    )
    return str(json.loads(listed.stdout.splitlines()[0])["links"]["page"])


def page_of(browser: Browser, scheme: str) -> Page:
    return browser.new_page(
        viewport={"width": 1200, "height": 640},
        device_scale_factor=2,
        color_scheme="dark" if scheme == "dark" else "light",
    )


def picture(browser: Browser, address: str, ready: str, name: str, scheme: str) -> None:
    page = page_of(browser, scheme)
    page.goto(address)
    page.get_by_text(ready).first.wait_for()
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "data") as server,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        project = copy(Path(folder))
        film(browser, server.url, project, IMAGES / "live.webp")
        good = run(server.url, project, "Release 4.1", "scripts/demo-deployment")
        picture(browser, good, "complete", "deployment", "dark")
        run(
            server.url, project, "Release 4.2", "sh", "-c", FAILING.replace("exit 1", "echo passed")
        )
        failed = run(server.url, project, "Release 4.3", "sh", "-c", FAILING)
        picture(browser, failed, "first error", "failed", "light")
        picture(browser, server.url, "Release 4.3", "list", "light")
        compared = failed.replace("/d/", "/compare?right=")
        picture(browser, compared, "only on the left", "compare", "dark")


if __name__ == "__main__":
    main()
