"""Hands one test file to pytest, for Bazel, whose py_test runs a program: `run_one_file.py tests/NAME_test.py`."""

import sys

import pytest

if __name__ == "__main__":
    code = pytest.main(sys.argv[1:])
    # A file may hold slow tests only, which the settings in pyproject.toml leave out.
    sys.exit(0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code)
