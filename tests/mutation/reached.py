"""Which tests reach which functions, recorded once for each test file.

In a copy of the tree each function of zoo says that it was entered, in the tests' own processes and under autograph too. What a
module, a fixture of wider scope or a cache runs once for several tests counts for all tests of the file.
"""

import ast
import contextlib
import functools
import hashlib
import json
import os
import pathlib
import tempfile

import pytest

from tests.mutation import forked

MARK = '''"""Notes the functions of zoo that are entered."""
import os
seen = set()
def mark(function):
    file = os.environ.get("MUTATION_REACHED")
    if file and (file, function) not in seen:
        seen.add((file, function))
        with open(file, "a") as notes:
            notes.write(function + chr(10))
'''


def with_marks(path, source):
    """The source, each of whose functions first says that it was entered."""
    tree = ast.parse(source)

    def visit(node, names):
        for child in ast.iter_child_nodes(node):
            inner = isinstance(child, ast.FunctionDef | ast.ClassDef)
            below = (*names, child.name) if inner else names
            visit(child, below)
            if isinstance(child, ast.FunctionDef):
                mark = ast.parse(f"mutation_reached.mark({path + ' ' + '.'.join(below)!r})").body
                child.body[_docstring(child) : 0] = mark

    visit(tree, ())
    tree.body[_docstring(tree) : 0] = ast.parse("import mutation_reached").body
    return ast.unparse(ast.fix_missing_locations(tree))


def _docstring(node):
    """The number of statements that a docstring takes."""
    return int(ast.get_docstring(node, clean=False) is not None)


def processor_seconds():
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


class Recorder:
    """A plugin of pytest that notes, for each test that passes, its seconds of processor time and what it reached."""

    def __init__(self, folder):
        self.folder, self.tests, self.number, self.shared_seconds = pathlib.Path(folder), {}, 0, 0.0
        self.cache, functools.cache = functools.cache, self.cached
        self.shared = str(self.folder / "shared")
        os.environ["MUTATION_REACHED"] = self.shared

    @contextlib.contextmanager
    def noted(self, file):
        before, began = os.environ["MUTATION_REACHED"], processor_seconds()
        os.environ["MUTATION_REACHED"] = str(file)
        try:
            yield
        finally:
            os.environ["MUTATION_REACHED"] = before
            if before != self.shared == file:
                self.shared_seconds += processor_seconds() - began

    def cached(self, function):
        """functools.cache whose misses count for all tests of the file."""

        @functools.wraps(function)
        def shared(*args, **kwargs):
            with self.noted(self.shared):
                return function(*args, **kwargs)

        return self.cache(shared)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        with self.noted(os.environ["MUTATION_REACHED"] if fixturedef.scope == "function" else self.shared):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.number, began = self.number + 1, processor_seconds() - self.shared_seconds
        with self.noted(self.folder / str(self.number)):
            found = yield
        self.tests[item.nodeid]["seconds"] = round(processor_seconds() - self.shared_seconds - began, 3)
        return found

    def pytest_runtest_logreport(self, report):
        test = self.tests.setdefault(report.nodeid, {"number": self.number, "passed": True})
        test["passed"] &= report.passed

    def pytest_sessionfinish(self):
        tests = {
            name: {"seconds": test["seconds"], "reached": self._read(test["number"])}
            for name, test in self.tests.items()
            if test["passed"]
        }
        dropped = [name for name, test in self.tests.items() if not test["passed"]]
        shared = {"shared": self._read("shared"), "shared_seconds": round(self.shared_seconds, 3)}
        (self.folder / "record.json").write_text(json.dumps({"tests": tests, "dropped": dropped, **shared}))

    def _read(self, name):
        file = self.folder / str(name)
        return sorted(set(file.read_text().split("\n")) - {""}) if file.exists() else []


def record(root, files, store):
    """Test file -> its record, of the `Recorder`; only what changed is run again.

    Args:
      root: the tree.
      files: the test files, as paths from the root.
      store: the folder that keeps the records.
    """
    store.mkdir(parents=True, exist_ok=True)
    kept = {
        name: store / f"{hashlib.sha256(name.encode() + (root / name).read_bytes()).hexdigest()[:16]}.json" for name in files
    }
    missing = [name for name, file in kept.items() if not file.exists()]
    if missing:
        with tempfile.TemporaryDirectory() as work:
            tree = forked.copy_of(root, f"{work}/tree")
            (tree / "mutation_reached.py").write_text(MARK)
            for path in (tree / "zoo").rglob("*.py"):
                path.write_text(with_marks(str(path.relative_to(tree)), path.read_text()))
            for name in missing:
                print(f"recording what {name} reaches", flush=True)
                _record(tree, name, pathlib.Path(tempfile.mkdtemp(dir=work)), kept[name])
    return {name: json.loads(file.read_text()) for name, file in kept.items()}


def _record(tree, name, folder, file):
    child = forked.Child(tree, [name], [Recorder(folder)])
    code = forked.wait(child)
    if not (folder / "record.json").exists():
        raise SystemExit(f"{name} cannot be recorded: pytest ended with {code}\n{child.log()[-2000:]}")
    for dropped in json.loads((folder / "record.json").read_text())["dropped"]:
        print(f"  left out, since it did not pass: {dropped}")
    os.replace(folder / "record.json", file)
