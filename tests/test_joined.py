"""Modules joined into one: what runs is what was written, and what is not understood is refused."""

from __future__ import annotations

import subprocess

import pytest

from logflume.http.joined import in_order, joined

MODULES = {
    "main.js": (
        'import "./first.js";\n'
        'import * as all from "./numbers.js";\n'
        'import {\n  add as plus,\n  Sum,\n} from "./sums.js";\n'
        "export const three = plus(all.one, all.two);\n"
        "export { Sum };\n"
    ),
    "first.js": 'globalThis.said = ["first"];\n',
    "numbers.js": 'said.push("numbers");\nexport const one = 1;\nexport const two = one + 1;\n',
    "sums.js": (
        'import { one } from "./numbers.js";\n'
        "const hidden = one;\n"
        "export function add(a, b) {\n  return a + b + hidden - one;\n}\n"
        "class Sum {\n  static of = async () => add(1, 2);\n}\n"
        "export { Sum };\n"
    ),
}


def run(text: str) -> str:
    """What a module prints when it has run."""
    command = ["node", "--input-type=module"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_what_runs_is_what_was_written() -> None:
    """In the order of the imports, with names of its own for each, exporting what it did."""
    text = joined("main.js", MODULES)
    assert "import" not in text
    assert "export const { three, Sum }" in text
    said = run(f"{text}console.log(three, await Sum.of(), said.join());\n")
    assert said == "3 3 first,numbers\n"


def test_module_that_two_import_runs_once_and_before_both() -> None:
    assert in_order("main.js", MODULES) == ["first.js", "numbers.js", "sums.js", "main.js"]


def test_names_of_two_modules_do_not_meet() -> None:
    modules = {
        "main.js": (
            'import { a } from "./a-1.js";\nimport { b } from "./b.js";\nconsole.log(a, b);\n'
        ),
        "a-1.js": "const mine = 1;\nexport const a = mine;\n",
        "b.js": "const mine = 2;\nexport const b = mine;\n",
    }
    assert run(joined("main.js", modules)) == "1 2\n"


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export let count = 0;",
        'export * from "./first.js";',
        'export { said } from "./first.js";',
        'import said from "./first.js";',
        'import { said } from "https://elsewhere.example/first.js";',
        "await 1;",
    ],
)
@pytest.mark.parametrize("name", ["numbers.js", "main.js"])
def test_what_is_not_understood_is_refused(line: str, name: str) -> None:
    """And the message says where it stands."""
    with pytest.raises(ValueError, match=name):
        joined("main.js", {**MODULES, name: f"{MODULES[name]}{line}\n"})


def test_modules_that_import_each_other_are_refused() -> None:
    modules = {
        "a.js": 'import { b } from "./b.js";\n',
        "b.js": 'import { a } from "./a.js";\n',
    }
    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js"):
        joined("a.js", modules)
