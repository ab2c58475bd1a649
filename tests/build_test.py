"""BUILD gives every Python file a target, and every binary and test its own; the lock file fits the requirements.

BUILD is written in Starlark, whose syntax is a part of Python's: it is executed here, with rules that only take notes.
"""

import ast
import pathlib
import re
import tomllib

import pytest
from packaging.utils import canonicalize_name

from tests import repository
from tests.repository import ROOT

RULES = ("py_binary", "py_library", "py_test")


@pytest.fixture(scope="module")
def files():
    return repository.files()


def pattern(glob):
    """The regular expression of a Bazel glob: `**` is any number of folders, `*` anything but a slash."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*)", glob)))


def execute_build(files):
    """name -> (rule, arguments) of every target, in the way Bazel would find them."""
    targets = {}

    def glob(include, exclude=()):
        found = [f for f in files if any(pattern(g).fullmatch(f) for g in include)]
        found = sorted(f for f in found if not any(pattern(g).fullmatch(f) for g in exclude))
        assert found, f"glob({include}) finds nothing, which Bazel refuses"
        return found

    def rule(kind):
        def declare(name, **arguments):
            assert name not in targets, f"two targets are called {name}"
            targets[name] = kind, arguments

        return declare

    def load(file, *symbols):
        # A symbol that was not loaded stays unknown, as in Bazel, which has no Python rules of its own.
        known = {
            "@rules_python//python:defs.bzl": {kind: rule(kind) for kind in RULES},
            "@pip//:requirements.bzl": {"all_requirements": []},
        }
        scope.update({symbol: known[file][symbol] for symbol in symbols})

    scope = {"load": load, "glob": glob, "package": lambda **_: None}
    exec(compile((ROOT / "BUILD").read_text(), "BUILD", "exec"), scope)
    return targets


@pytest.fixture(scope="module")
def targets(files):
    return execute_build(files)


def is_program(name):
    """Whether a file has the `if __name__ == "__main__"` of a program."""
    tests = [ast.unparse(node.test) for node in ast.parse((ROOT / name).read_text()).body if isinstance(node, ast.If)]
    return "__name__ == '__main__'" in tests


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("zoo/**/*.py", "zoo/noise.py", True),
        ("zoo/**/*.py", "zoo/data/tfds.py", True),
        ("tools/*.py", "tools/train.py", True),
        ("tools/*.py", "tools/train_py", False),
        ("tools/*.py", "tools/more/train.py", False),
        ("tests/**/*_test.py", "tests/layout_test.py", True),
        ("tests/**/*_test.py", "tests/data/batches_test.py", True),
        ("tests/**/*_test.py", "tests/data/conftest.py", False),
    ],
)
def test_globs_match_as_in_bazel(glob, name, matches):
    assert bool(pattern(glob).fullmatch(name)) == matches


def test_one_build_file_owns_every_folder(files):
    """A BUILD in a folder would end the reach of the globs above it."""
    assert [f for f in files if pathlib.Path(f).name in ("BUILD", "BUILD.bazel")] == ["BUILD"]


def test_every_python_file_belongs_to_a_target(files, targets):
    owned = {source for _, arguments in targets.values() for source in arguments.get("srcs", [])}
    assert {f for f in files if f.endswith(".py")} - owned == set()


@pytest.fixture(scope="module")
def programs(files):
    found = {f for f in files if f.startswith("tools/") and f.endswith(".py") and is_program(f)}
    assert found
    return found


def test_every_program_of_tools_has_its_binary(programs, targets):
    started = {name: arguments["main_module"] for name, (rule, arguments) in targets.items() if rule == "py_binary"}
    names = [f.removesuffix(".py") for f in programs]
    assert {name: started.get(name) for name in names} == {name: name.replace("/", ".") for name in names}


def test_every_program_of_tools_is_a_command_once_installed(programs):
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    names = {pathlib.Path(f).stem for f in programs}
    assert scripts == {f"zoo-{name}": f"zoo.tools.{name}:console" for name in names}


def test_the_wheel_has_every_package_under_the_projects_own_name(files):
    """setuptools cannot find packages that have another name in the wheel than in the tree, so they are listed."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {pathlib.Path(f).parent for f in files if f.endswith("/__init__.py")}
    named = {".".join(folder.parts if folder.parts[0] == "zoo" else ("zoo", *folder.parts)) for folder in folders}
    assert sorted(named) == settings["packages"]
    assert settings["package-dir"] == {f"zoo.{folder}": folder for folder in ("tools", "configs")}


def test_every_test_file_has_its_target(files, targets):
    tests = {f for f in files if f.endswith("_test.py")}
    assert {name for name, (rule, _) in targets.items() if rule == "py_test"} == {f.removesuffix(".py") for f in tests}
    for name, (rule, arguments) in targets.items():
        if rule == "py_test":
            assert arguments["args"] == [f"{name}.py"], name
            assert f"{name}.py" in arguments["srcs"], name


def test_every_label_names_a_target_and_every_main_is_among_the_sources(targets):
    for name, (_, arguments) in targets.items():
        labels = [*arguments.get("deps", []), *arguments.get("data", [])]
        assert {label[1:] for label in labels if label.startswith(":")} <= set(targets), name
        assert arguments.get("main") in (None, *arguments.get("srcs", [])), name


def test_the_lock_file_fits_the_requirements():
    """Bazel installs exactly the lock file's packages; the command that makes it stands in its first lines."""
    lock = repository.requirements("requirements_lock.txt")
    locked = {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in lock}
    for requirement in [*repository.requirements("requirements.txt"), *repository.requirements("tests/requirements.txt")]:
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is missing: make requirements_lock.txt anew"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"
