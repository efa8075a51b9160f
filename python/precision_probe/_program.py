"""Find the `precision-probe` program, run it, and turn its failures into exceptions."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

NAME = "precision-probe"
VARIABLE = "PRECISION_PROBE"


class Error(Exception):
    """What is wrong and how to fix it, in the program's words.

    `status` is the program's exit status, or None if this package refused before the program ran.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def program() -> str:
    """The program's path: `PRECISION_PROBE`, else this environment's scripts folder, else the PATH."""
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise Error(f"{VARIABLE}={named} is not a program: set it to the path of {NAME}, or unset it")
        return found
    found = shutil.which(NAME, path=sysconfig.get_path("scripts")) or shutil.which(NAME)
    if found is None:
        raise Error(
            f"the program {NAME} is not installed: run `pip install {NAME}`, or set {VARIABLE} to the path of the program"
        )
    return found


def run(arguments: Iterable[str], allowed: Iterable[int] = (0,)) -> subprocess.CompletedProcess[bytes]:
    """Run the program and capture its output.

    Raises `Error` with the program's sentence if its exit status is not among `allowed`.
    """
    command = [program(), *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise Error(f"{command[0]} cannot be started: {error}") from error
    if done.returncode not in allowed:
        raise Error(sentence(done.stderr) or f"{NAME} stopped with exit status {done.returncode}", done.returncode)
    return done


@contextlib.contextmanager
def workplace(is_kept: bool = False) -> Iterator[Path]:
    """A temporary folder for the program's files, removed on failure, and without `is_kept` on success.

    Messages name files in it without the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
    try:
        yield folder
    except BaseException as error:
        is_kept = False
        if isinstance(error, Error):
            raise Error(str(error).replace(f"{folder}{os.sep}", ""), error.status) from None
        raise
    finally:
        if not is_kept:
            shutil.rmtree(folder, ignore_errors=True)


def sentence(stderr: bytes) -> str:
    """What the program says is wrong, without notes and without the words `error:` and `failed:`."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if not line.startswith("note:")]
    text = "\n".join(lines).strip()
    for prefix in ("error: ", "failed: "):
        text = text.removeprefix(prefix)
    return text


def flags(options: Mapping[str, Any]) -> list[str]:
    """Command-line options: `trials=1` is `--trials=1`, `bias=True` is `--bias`; lists are joined by commas.

    Options that are False or None are left out.
    """
    found = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            found.append(flag)
        elif value is not None and value is not False:
            found.append(f"{flag}={comma_separated(value)}")
    return found


def comma_separated(value: Any) -> str:
    """A list or tuple as the program takes it; anything else as its text."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def needed(module: str, by: str) -> Any:
    """An optional module, imported where it is used."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise Error(f"{by} needs {package}: run `pip install {package}`") from error
