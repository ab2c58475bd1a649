"""The checkout as the tests of its layout see it: its files, and its lists of requirements."""

import pathlib
import subprocess

import pytest
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parents[1]


def files(*which):
    """Paths below the root. Without a checkout, skips the test.

    Args:
      *which: of `git ls-files`; by default the files that git tracks, or would if they were added.
    """
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout")
    # safe.directory: a checkout may belong to another user than the one who tests it.
    which = which or ("--cached", "--others", "--exclude-standard")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", *which]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def requirements(name):
    """Requirement -> the reason beside it ("" if none), of each line of a requirements file."""
    lines = [line.partition("#") for line in (ROOT / name).read_text().splitlines()]
    return {Requirement(text.strip()): reason.strip() for text, _, reason in lines if text.strip()}
