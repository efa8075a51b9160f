"""The build backend: maturin's, after a look for the programs without which the build fails late and unclearly."""

import os
import shutil
import sys

import maturin
from maturin import build_sdist, get_requires_for_build_sdist

__all__ = ["build_sdist", "get_requires_for_build_sdist"]

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Each with what has it.
PROGRAMS = {
    "cargo": "Rust 1.95 or later from rustup",
    "cc": "the package gcc",
    "make": "the package make",
    "m4": "the package m4",
}


def is_found(program):
    if program == "m4":
        # .ci/setup unpacks one there where it may not install packages.
        places = [os.environ.get("M4"), os.path.join(ROOT, ".ci", "private-m4", "m4"), "m4"]
        return any(place and shutil.which(place) for place in places)
    if program == "cc":
        return any(shutil.which(name) for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name)
    return shutil.which(os.environ.get("CARGO", program) if program == "cargo" else program) is not None


def require_programs():
    """Ends with one sentence where a program is missing."""
    missing = [program for program in PROGRAMS if not is_found(program)]
    if missing:
        sources = ", ".join(PROGRAMS[program] for program in missing)
        sys.exit(
            f"precision-probe cannot be built from source here: {' and '.join(missing)} not found; "
            f"install {sources}, or install a wheel, which needs none of them"
        )


def prepare():
    require_programs()
    # Where this checkout's .cargo/config.toml is not read: see build.rs.
    os.environ.setdefault("TARGET_CPU", "x86-64")


def checked(hook):
    """A hook of maturin's that begins with the look for programs."""

    def run(*arguments, **options):
        prepare()
        return hook(*arguments, **options)

    return run


build_wheel = checked(maturin.build_wheel)
build_editable = checked(maturin.build_editable)
get_requires_for_build_wheel = checked(maturin.get_requires_for_build_wheel)
get_requires_for_build_editable = checked(maturin.get_requires_for_build_editable)
prepare_metadata_for_build_wheel = checked(maturin.prepare_metadata_for_build_wheel)
prepare_metadata_for_build_editable = checked(maturin.prepare_metadata_for_build_editable)
