"""What a deployment is of, where no option says."""

from __future__ import annotations

import pytest

from logflume.cli.origin import Origin, origin

GIT = ["/src/shop", "3f1c9e7", "main"]


@pytest.mark.parametrize(
    ("environ", "git", "folder", "expected"),
    [
        ({}, GIT, "/src/shop/web", Origin("shop", "main", "3f1c9e7")),
        ({}, ["/src/shop", "3f1c9e7", "HEAD"], "/", Origin("shop", None, "3f1c9e7")),
        ({}, ["/src/shop", "HEAD"], "/", Origin("shop", None, None)),
        ({}, [], "/src/shop", Origin("shop", None, None)),
        ({}, [], "/", Origin("unnamed", None, None)),
        ({"LOGFLUME_PROJECT": "till"}, GIT, "/", Origin("till", "main", "3f1c9e7")),
        ({"GITHUB_SHA": "a", "GITHUB_REF_NAME": "b"}, GIT, "/", Origin("shop", "b", "a")),
        ({"CI_COMMIT_SHA": "a", "CI_COMMIT_REF_NAME": "b"}, GIT, "/", Origin("shop", "b", "a")),
        ({"BUILDKITE_COMMIT": "a", "BUILDKITE_BRANCH": "b"}, [], "/c", Origin("c", "b", "a")),
        ({"GITHUB_SHA": ""}, GIT, "/", Origin("shop", "main", "3f1c9e7")),
    ],
)
def test_origins(environ: dict[str, str], git: list[str], folder: str, expected: Origin) -> None:
    """The environment counts more than git, git more than the folder's name."""
    assert origin(environ, git, folder) == expected
