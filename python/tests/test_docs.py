"""Runs the examples of docs/reference/python.md, and compares its signatures with the package's."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import re
from pathlib import Path

import precision_probe as pp
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
# Sections go on where the one before ended, but those of other packages run only where these are installed.
NEEDED = {"probe": ["pandas", "matplotlib"], "from_torch": ["torch"], "from_jax": ["jax"]}


def test_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"pp": pp}
    ran, missing = [], []
    for section, text in SECTIONS.items():
        absent = [name for name in NEEDED.get(section, []) if importlib.util.find_spec(name) is None]
        if absent or (section == "assert_gradients_explained" and "params" not in names):
            missing += absent
            continue
        blocks = re.findall(r"^```pycon\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        test = doctest.DocTestParser().get_doctest("\n".join(blocks), names, section, str(PAGE), 0)
        failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False).failed
        assert not failed, section
        ran.append(section)
        names = test.globs
    if missing:
        pytest.skip(f"ran {', '.join(ran)}; not installed: {', '.join(missing)}")


@pytest.mark.parametrize("name", [name for name in pp.__all__ if inspect.isfunction(getattr(pp, name))])
def test_signatures(name: str) -> None:
    block = re.search(r"```text\n(.*?)```", SECTIONS[name], re.DOTALL)
    shown = re.findall(r"(\w+)(?:=([^,\[\]]+|\[.*?\]))?(?:,|\))", block.group(1).partition("(")[2].rpartition("->")[0])
    parameters = inspect.signature(getattr(pp, name)).parameters.values()
    assert [parameter for parameter, _ in shown] == [parameter.name for parameter in parameters]
    for (_, default), parameter in zip(shown, parameters):
        actual = None if parameter.default is parameter.empty else parameter.default
        if isinstance(actual, tuple):
            actual = list(actual)
        assert (default.replace('"', "'") or "None") == repr(actual), parameter.name
