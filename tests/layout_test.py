"""The layout's rules: which way imports run, what a file may be called, what the top folder holds, what is required.

Read off the syntax trees, so nothing of the project is imported and every file counts, imported by a test or not.
"""

import ast
import fnmatch
import importlib.metadata
import pathlib
import re
import sys

import pytest
from packaging.utils import canonicalize_name

from tests import repository
from tests.repository import ROOT

# Each line may import the lines above it and itself; two names on one line may not import each other.
IMPORT_ORDER = (
    ("zoo.atomic", "zoo.backend", "zoo.blame", "zoo.paths", "zoo.private_api", "zoo.replicas", "zoo.stand_ins"),
    ("zoo.machine", "zoo.shares"),
    ("zoo.noise", "zoo.registry"),
    ("zoo.fields",),
    ("zoo.config",),
    ("zoo.changes",),
    ("zoo.config_files",),
    ("zoo.data",),
    ("zoo.networks",),
    ("zoo.distributions",),
    ("zoo.approximators",),
    ("zoo.objectives",),
    ("zoo.models",),
    ("zoo.samplers", "zoo.variance_reduction"),
    ("zoo.evaluation",),
    ("zoo.applications",),
    ("zoo.training",),
    ("zoo.export",),
    ("zoo.studies",),
    ("zoo.interface",),
    ("zoo",),
    ("tools", "configs"),
)
RANK = {name: rank for rank, names in enumerate(IMPORT_ORDER) for name in names}

TOP_LEVEL = {
    *(".bazelrc", ".bazelversion", "BUILD", "MODULE.bazel"),
    *("pyproject.toml", "requirements.txt", "requirements_lock.txt"),
    *("CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"),
    *(".ci", ".gitignore", "mkdocs.yml"),
    *("configs", "docs", "tests", "tools", "zoo"),
}

# Names that say nothing about what is inside.
DRAWERS = {"common", "helper", "helpers", "misc", "util", "utils"}


def python_files(*folders):
    """Path below the root -> syntax tree."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in paths}


SOURCES = python_files("zoo", "tools", "configs")


def imports(tree):
    """(line, dotted name) of everything that a module imports, wherever in it; `from a import b` is `a.b`.

    A relative import stays in its own package and is left out.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def unit(dotted):
    """The entry of IMPORT_ORDER that a module, or a name in one, belongs to; None if it is nothing of ours."""
    head, _, rest = dotted.partition(".")
    name = f"{head}.{rest.partition('.')[0]}"
    return name if name in RANK else head if head in RANK else None


def module_name(path):
    """zoo/data/batches.py -> zoo.data.batches; zoo/data/__init__.py -> zoo.data."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def wrong_imports(path, tree):
    """Each import that goes against the order, as `file:line: reason`."""
    own = unit(module_name(path))
    for line, dotted in imports(tree):
        target = unit(dotted)
        if dotted.partition(".")[0] == "tests" or (target and target != own and RANK[target] >= RANK[own]):
            yield f"{path}:{line}: {own} may not import {dotted}"


def test_every_module_of_zoo_has_a_place_in_the_import_order():
    # Anything else would fall to the rank of `zoo` itself and could import everything.
    homeless = [str(path) for path in SOURCES if unit(module_name(path)) == "zoo" and path.name != "__init__.py"]
    assert not homeless


def test_imports_run_one_way():
    assert not [wrong for path, tree in SOURCES.items() for wrong in wrong_imports(path, tree)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("zoo/data/x.py", "from zoo import networks"),
        ("zoo/data/x.py", "from zoo.models import TrainableModel"),
        ("zoo/data/x.py", "def f():\n    import zoo.training"),
        ("zoo/replicas.py", "from zoo import registry"),
        ("zoo/training/x.py", "import zoo"),
        ("zoo/training/x.py", "from zoo import build"),
        ("zoo/export/x.py", "from tools import train"),
        ("zoo/__init__.py", "from configs import ehm_digits"),
        ("tools/x.py", "from configs import ehm_digits"),
        ("tools/x.py", "from tests.data import batches_test"),
    ],
)
def test_an_import_against_the_order_is_found(path, line):
    assert len(list(wrong_imports(pathlib.Path(path), ast.parse(line)))) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("zoo/data/x.py", "from zoo import noise, registry"),
        ("zoo/data/x.py", "from zoo.data import batches"),
        ("zoo/__init__.py", "from zoo.export import load"),
        ("tools/x.py", "import zoo"),
    ],
)
def test_an_import_along_the_order_passes(path, line):
    assert not list(wrong_imports(pathlib.Path(path), ast.parse(line)))


def test_tools_and_configs_name_no_package_of_a_checkout():
    """Once installed they are zoo.tools and zoo.configs, so they import each other relatively or not at all."""
    named = [f"{p}:{line}" for p, tree in SOURCES.items() for line, name in imports(tree) if unit(name) in ("tools", "configs")]
    assert not named


def test_objectives_import_nothing_of_ours():
    """They share only the struct of log-densities that is handed to them."""
    objectives = {path: tree for path, tree in SOURCES.items() if path.parts[:2] == ("zoo", "objectives")}
    assert objectives
    assert not [f"{path}:{line}" for path, tree in objectives.items() for line, name in imports(tree) if unit(name)]


EVALUATION = {path: tree for path, tree in SOURCES.items() if path.parts[:2] == ("zoo", "evaluation")}
# What is asked of the training step, which is no part of what a measured model is.
OF_THE_STEP = {
    pathlib.Path(f"zoo/evaluation/{name}.py"): {"training_step", "non_trainable_variables"} for name in ("gradients", "updates")
}


def members(tree):
    """The names that the one class of a module declares."""
    (found,) = public_definitions(tree)
    return {getattr(node, "name", None) or node.target.id for node in found.body if not isinstance(node, ast.Expr)}


def asked_of_models(tree):
    """(line, attribute) of each `model.attribute`; for isinstance, hasattr and getattr of a model that function's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "model":
            yield node.lineno, node.attr
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in {"isinstance", "hasattr", "getattr"}:
            names = {getattr(part, "id", None) for part in ast.walk(node.args[0])}
            yield from ((node.lineno, node.func.id) for _ in names & {"model"})


def test_evaluation_asks_a_model_for_nothing_but_what_a_subject_has():
    known = members(EVALUATION[pathlib.Path("zoo/evaluation/subject.py")])
    asked = [(path, *found) for path, tree in EVALUATION.items() for found in asked_of_models(tree)]
    assert {attribute for *_, attribute in asked} >= {"posterior", "has", "code_support"}  # it finds what there is
    wrong = [(path, line, name) for path, line, name in asked if name not in known | OF_THE_STEP.get(path, set())]
    assert not wrong


@pytest.mark.parametrize("line", ["isinstance(model, Exported)", "hasattr(model.prior(), 'x')", "model.encoder"])
def test_a_question_beyond_the_subject_is_found(line):
    known = members(EVALUATION[pathlib.Path("zoo/evaluation/subject.py")])
    assert [attribute for _, attribute in asked_of_models(ast.parse(line)) if attribute not in known]


def code_lines(node):
    """Lines of a function, without its docstring."""
    text = node.body[0] if ast.get_docstring(node) else None
    return node.end_lineno - node.lineno + 1 - (text.end_lineno - text.lineno + 1 if text else 0)


def test_functions_and_classes_are_small():
    """At most 30 lines of code in a function, and 15 methods in a class."""
    functions, classes = [], []
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and code_lines(node) > 30:
                functions.append(f"{path}:{node.lineno}: {node.name}")
            if isinstance(node, ast.ClassDef) and sum(isinstance(part, ast.FunctionDef) for part in node.body) > 15:
                classes.append(f"{path}:{node.lineno}: {node.name}")
    assert not functions + classes


def test_the_whole_idea_is_read_in_600_lines():
    """The reading order of docs/idea.md, the training step included."""
    _, _, rest = (ROOT / "docs/idea.md").read_text().partition("## The whole idea, in reading order")
    files = re.findall(r"^\d+\. `([\w/.]+)`", rest.partition("\n## ")[0], re.MULTILINE)
    assert "zoo/models/step.py" in files
    assert sum(len((ROOT / name).read_text().splitlines()) for name in files) <= 600


# tfp's own way to write a distribution is to define _sample_n, _log_prob ... in a subclass, which calls its parent's.
OF_DISTRIBUTIONS = {"_sample_n", "_log_prob", "_mean", "_parameter_properties"}
OF_NAMED_TUPLES = {"_replace"}  # documented; the underscore keeps it apart from fields


def private_names(tree):
    """(line, name) of each attribute with one leading underscore that is neither the module's own nor one of our modules'."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    ours = {name.rpartition(".")[2] for _, name in imports(tree) if unit(name)}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    ours |= {alias.name for node in froms for alias in node.names} | {"os"}  # os._exit is public
    allowed = OF_DISTRIBUTIONS | OF_NAMED_TUPLES
    for node in ast.walk(tree):
        private = isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr) and node.attr not in own | allowed
        if private and getattr(node.value, "id", None) not in ours:
            yield node.lineno, node.attr


def test_private_api_is_in_its_one_module():
    where = {str(path) for path, tree in SOURCES.items() if list(private_names(tree))}
    assert where == {"zoo/private_api.py"}


def test_only_the_registry_imports_by_name():
    def imports_by_name(tree):
        named = {getattr(node, "id", None) for node in ast.walk(tree)} | {name for _, name in imports(tree)}
        return named & {"__import__", "importlib", "importlib.import_module", "importlib.util"}

    dynamic = [str(path) for path, tree in SOURCES.items() if imports_by_name(tree)]
    assert dynamic == ["zoo/registry.py"]


def test_no_file_is_a_drawer():
    for name in repository.files():
        words = re.split(r"[/_.\-]", name.lower())
        assert not DRAWERS & set(words), name


def test_every_package_has_an_init():
    """Without one, a package of that name elsewhere on the path would be taken instead, and no wheel would hold it."""
    folders = {path.parent for path in SOURCES}
    assert not [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()]


def test_every_module_says_what_it_is():
    """The first line of the docstring is a sentence of its own; the catalogue shows it."""
    for path, tree in {**SOURCES, **python_files("tests")}.items():
        first, *rest = (ast.get_docstring(tree) or "").splitlines() or [""]
        assert first.endswith((".", ":", "?")) or (first and rest[:1] == [""]), f"{path}: no one-line summary"


def public_definitions(tree):
    """The public functions and classes at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def test_every_public_name_of_zoo_has_a_docstring():
    undocumented = [
        f"{path}:{node.lineno}: {node.name}"
        for path, tree in SOURCES.items()
        if path.parts[0] == "zoo"
        for node in public_definitions(tree)
        if not ast.get_docstring(node)
    ]
    assert not undocumented


def test_the_top_folder_holds_only_what_was_agreed():
    assert {name.partition("/")[0] for name in repository.files()} <= TOP_LEVEL


# What is no requirement -> the only files that import it.
OPTIONAL = {
    "torch": "tools/benchmarks/pytorch_*.py",  # what the benchmark is compared to, in a process of its own
    "gradio": "tools/explorer/**",
    "datasets": "zoo/data/huggingface.py",
    "huggingface_hub": "zoo/export/hub.py",
}


@pytest.mark.parametrize("module", OPTIONAL)
def test_what_is_optional_is_imported_in_its_one_place(module):
    importing = {path for path, tree in SOURCES.items() for _, name in imports(tree) if name.partition(".")[0] == module}
    assert importing
    assert not [path for path in importing if not fnmatch.fnmatch(path.as_posix(), OPTIONAL[module])]


def distributions_imported():
    """The distributions, by canonical name, whose modules zoo, tools and configs import."""
    modules = {name.partition(".")[0] for tree in SOURCES.values() for _, name in imports(tree)}
    modules -= {"zoo", "tools", "configs", *OPTIONAL, *sys.stdlib_module_names}
    installed = importlib.metadata.packages_distributions()
    return {module: {canonicalize_name(name) for name in installed.get(module, [module])} for module in modules}


def test_every_import_is_required():
    required = {canonicalize_name(requirement.name) for requirement in repository.requirements("requirements.txt")}
    missing = {module for module, names in distributions_imported().items() if not names & required}
    assert not missing, f"imported, but not in requirements.txt: {missing}"


def test_every_requirement_is_imported_or_says_why_it_is_there():
    used = set().union(*distributions_imported().values())
    idle = [
        requirement.name
        for requirement, reason in repository.requirements("requirements.txt").items()
        if canonicalize_name(requirement.name) not in used and not reason
    ]
    assert not idle, f"in requirements.txt, neither imported nor explained beside it: {idle}"


# The letters in brackets keep these lines from finding themselves.
FORBIDDEN = {
    "a package registry's host": re.compile(r"p[y]pi\.|p[y]thonhosted|n[p]mjs|registry\.b[a]zel"),
    "a path of one machine": re.compile(r"(?<![\w.:/}*])/(?:w[o]rk|r[o]ot|h[o]me|U[s]ers|o[p]t|t[m]p)/\w"),
}


def text_lines():
    for name in repository.files():
        try:
            lines = (ROOT / name).read_text().splitlines()
        except UnicodeDecodeError:  # a picture
            continue
        yield from ((f"{name}:{number}", line) for number, line in enumerate(lines, 1))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what):
    assert not [where for where, line in text_lines() if FORBIDDEN[what].search(line)]


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package registry's host", "pip install --index-url https://py" + "pi.org/simple"),
        ("a path of one machine", 'open("/ho' + 'me/somebody/data")'),
    ],
)
def test_a_forbidden_line_is_found(what, line):
    assert FORBIDDEN[what].search(line)
