"""The mutation command itself: which mutants a source has, which of them a tiny tree's tests notice, and what a kill leaves."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.mutation.__main__ import EQUIVALENT, equivalents, named
from tests.mutation.forked import ROOT
from tests.mutation.mutants import mutants
from tests.mutation.reached import with_marks

SOURCE = '''"""A part."""

LIMIT = 3


def clipped(x):
    """At most LIMIT."""
    if x < 0:
        raise ValueError("x must be at least 0")
    return x if x < LIMIT else LIMIT
'''

# `<=` returns the same at LIMIT, so it is listed as equivalent. That a negative x is refused is not tried: the survivor.
TESTS = '''"""Tests of a part."""

from zoo.tiny import part


def test_clipped():
    assert part.clipped(1) == 1
    assert part.clipped(0) == 0
    assert part.clipped(2) == 2
    assert part.clipped(5) == 3
'''

LISTED = """zoo/tiny/part.py
- return x if x < LIMIT else LIMIT
+ return x if (x <= LIMIT) else LIMIT
Equal at LIMIT.
"""

SETTINGS = """[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["--import-mode=importlib"]
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", ["(a <= b)"]),
        ("a - b", ["(a + b)"]),
        ("a * b", ["(a / b)", "(b)"]),
        ("-a", ["(a)"]),
        ("a and not b", ["(a or not b)", "a and (b)"]),
        ("x[-1]", ["x[(1)]", "x[-2]"]),
        ("f(True)", ["f(False)", "pass"]),
        ("y = np.cov(x, ddof=0, name='a')", ["y = np.cov(x, ddof=1, name='a')", "y = np.cov(x, name='a')"]),
        ("y = zip(x, strict=True)", []),
        ("y = noise.seed_for(0, x, 'a')", []),
        ("y = np.cov(x, ddof=0)", ["y = np.cov(x)", "y = np.cov(x, ddof=1)"]),
        ("y = tf.stop_gradient(x)", ["y = (x)"]),
        ("y = tf.reduce_sum(x)", ["y = (tf).reduce_mean(x)"]),
        ("y = [a for a in x if a]", ["y = [a for a in x if (not (a))]"]),
        ("y = é + f'{a + 1}'", ["y = (é - f'{a + 1}')"]),
        ("def f(x: int = 1):\n    return x", ["def f(x: int = 2):", "    return None"]),
        ("if a:\n    raise ValueError(1)", ["pass"]),
        ("def f():\n    return None", []),
    ],
)
def test_the_mutants_of_a_line(source, expected):
    assert sorted(mutant.after for mutant in mutants("zoo/x.py", source)) == sorted(expected)


def test_a_mutant_changes_its_own_lines_alone_and_is_a_program():
    found = mutants("zoo/tiny/part.py", SOURCE)
    assert len(found) == 7
    for mutant in found:
        compile(mutant.source, mutant.path, "exec")
        assert mutant.source == SOURCE.replace(mutant.before, mutant.after, 1)
        assert SOURCE.splitlines()[mutant.line - 1] == mutant.before.splitlines()[0]
    assert {mutant.function for mutant in found} == {"", "clipped"}


def test_marks_leave_docstrings_and_values():
    marked = with_marks("zoo/tiny/part.py", SOURCE)
    assert "mutation_reached.mark('zoo/tiny/part.py clipped')" in marked
    scope = {}
    exec(marked.replace("import mutation_reached", "class mutation_reached: mark = print"), scope)
    assert (scope["clipped"].__doc__, scope["clipped"](5)) == ("At most LIMIT.", 3)


def test_equivalents_are_read():
    text = "# How.\n\nzoo/a.py\n- x  < 1\n+ x <= 1\nx is never 1.\n\nzoo/b.py\n- A = 1\nA choice.\n\nzoo/c.py A.draw\nBy eye.\n"
    assert equivalents(text) == {("zoo/a.py", "x < 1", "x <= 1"), ("zoo/b.py", "A = 1"), ("zoo/c.py", "A.draw")}


def test_every_mutant_listed_as_equivalent_is_one_of_today():
    listed = equivalents((ROOT / EQUIVALENT).read_text())
    paths = {path for path, *_ in listed}
    today = [named(mutant) for path in paths for mutant in mutants(path, (ROOT / path).read_text())]
    assert not listed - set().union(*today)


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "tree"
    texts = {
        "pyproject.toml": SETTINGS,
        "zoo/__init__.py": "",
        "zoo/tiny/__init__.py": "",
        "zoo/tiny/part.py": SOURCE,
        "tests/tiny/part_test.py": TESTS,
        EQUIVALENT: LISTED,
    }
    for name, text in texts.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return tree


def command(tree, *more):
    options = ["--root", tree, "--store", tree.with_name("store"), "--paths", "zoo/tiny", "--imports", "pytest", *more]
    return [sys.executable, "-m", "tests.mutation", *map(str, options)]


@pytest.fixture(autouse=True)
def copies_go_with_the_test(tmp_path, monkeypatch):
    """A killed command leaves its copy of the tree behind, in the folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def content(tree):
    return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def rows(tree):
    file = tree.with_name("store") / "results.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_survivors_are_told_and_a_killed_run_goes_on(tree):
    before = content(tree)
    with subprocess.Popen(command(tree), cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while not rows(tree):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert content(tree) == before
    first = len(rows(tree))
    done = subprocess.run(command(tree, "--jobs", "2"), cwd=ROOT, capture_output=True, text=True, check=True)
    assert content(tree) == before
    assert f"7 mutants, {6 - first} of them to be tried" in done.stdout
    assert "zoo/tiny: 1 equivalent, 5 killed, 1 survived: 83.3 % noticed" in done.stdout
    (survivor,) = [row for row in rows(tree) if row["status"] == "survived"]
    guard = '-     if x < 0:\n-         raise ValueError("x must be at least 0")\n+     pass'
    assert survivor["diff"] == f"zoo/tiny/part.py:8 clipped\n{guard}"
    assert len(rows(tree)) == 6


def test_a_tree_without_sources_is_one_line(tree):
    done = subprocess.run(command(tree, "--paths", "zoo/none"), cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "no *.py below zoo/none\n")
