"""Finding parts by their module's name, in the zoo and outside of it."""

import fnmatch
import pathlib
import sys
import types

import pytest

import zoo
from zoo import registry
from zoo.registry import UnknownPartError


@pytest.mark.parametrize("kind", registry.KINDS)
def test_the_parts_of_a_kind_are_the_modules_that_define_its_factory(kind):
    package, attributes = registry.KINDS[kind]
    names = registry.names(kind)
    assert names == sorted(names)
    assert names
    for name in names:
        module = registry.find(kind, name)
        assert module.__name__ == f"{package}.{name}"
        assert any(fnmatch.fnmatchcase(name, attribute) for name in vars(module) for attribute in attributes)
        assert module.__doc__, f"{name} has no docstring"
    # No module that has the factory is left out, and no other counts.
    folder = pathlib.Path(zoo.__file__).parent / package.rpartition(".")[2]
    for path in folder.glob("*.py"):
        lines = path.read_text().splitlines()
        defines = any(fnmatch.fnmatchcase(line, f"def {attribute}(*") for line in lines for attribute in attributes)
        assert (path.stem in names) == defines, path


@pytest.mark.parametrize("kind", registry.KINDS)
def test_an_unknown_name_lists_the_siblings(kind):
    with pytest.raises(UnknownPartError) as error:
        registry.find(kind, "no_such_part")
    assert str(error.value) == f"unknown {kind} 'no_such_part'; choose from {', '.join(registry.names(kind))}"


def test_a_module_of_the_package_that_is_no_part_is_not_found():
    with pytest.raises(UnknownPartError, match="unknown network 'normalization'"):
        registry.find("network", "normalization")
    with pytest.raises(UnknownPartError, match="unknown prior 'bernoulli_'"):
        registry.find("prior", "bernoulli_")


def test_options_are_the_keyword_only_parameters():
    options = registry.options("network", "mlp")
    assert set(options) == {"hidden_sizes", "activation", "normalization"}
    assert options["activation"].default == "relu"
    assert registry.options("approximator", "wasserstein")["network"].default is registry.REQUIRED


def test_options_of_an_objective_are_those_of_both_phases(monkeypatch):
    module = types.SimpleNamespace(
        wake_loss=lambda at, *, one: at, sleep_loss=lambda at, *, two=2.0: at, other=lambda *, three: three
    )
    monkeypatch.setattr(registry, "find", lambda kind, name: module)
    assert list(registry.options("objective", "any")) == ["one", "two"]


def test_make_passes_options_and_arguments():
    network = registry.make("network", {"name": "mlp", "hidden_sizes": (7,)}, (3,), (2,))
    assert [variable.shape for variable in network.trainable_variables] == [(3, 7), (7,), (7, 2), (2,)]


# A user's own parts, named by a dotted path.


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder on the path, and what writes a module into a package of it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_parts").mkdir()
    known = {*sys.modules}

    def write(name, text):
        (tmp_path / "own_parts" / f"{name}.py").write_text(text)
        return f"own_parts.{name}"

    yield write
    for name in {*sys.modules} - known:  # another test has a package of the same name
        del sys.modules[name]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """What writes a module into the working directory, which is on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    known = {*sys.modules}
    yield lambda name, text: (tmp_path / f"{name}.py").write_text(text)
    for name in {*sys.modules} - known:
        del sys.modules[name]


def test_a_part_outside_of_the_zoo(own):
    name = own("twice", '"""Twice."""\n\ndef build(input_shape, output_shape, *, factor: float = 2.0):\n    return factor\n')
    assert registry.find("network", name).__doc__ == "Twice."
    assert list(registry.options("network", name)) == ["factor"]
    assert registry.make("network", {"name": name, "factor": 3.0}, (1,), (1,)) == 3.0


def test_a_missing_module_says_so(own):
    own("one", "")
    for name in ("own_parts.two", "no_package.two"):
        with pytest.raises(UnknownPartError, match=f"unknown network '{name}': no such module"):
            registry.find("network", name)


def test_a_module_without_the_factory_says_what_it_lacks(own):
    with pytest.raises(UnknownPartError, match=r"is no objective: it defines none of \*_loss"):
        registry.find("objective", own("empty", '"""Empty."""\n'))


FAULTS = {
    "imports_in_vain": ("\nimport no_such_library\n", "line 2: ModuleNotFoundError: No module named 'no_such_library'"),
    # `own_part` is missing, and `own_parts.shadow` begins with it.
    "shadow": ("import own_part\n", "line 1: ModuleNotFoundError: No module named 'own_part'"),
    "raises": ("def f():\n    return 1 / 0\n\nf()\n", "line 2: ZeroDivisionError: division by zero"),
    "syntax": ("x = 1\ndef f(:\n", "line 2: SyntaxError: invalid syntax"),
    "says_nothing": ("raise RuntimeError\n", "line 1: RuntimeError"),
    "says_more": ("raise RuntimeError('first\\nsecond')\n", "line 1: RuntimeError: first"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_module_that_fails_is_not_called_unknown_but_told_with_its_line(own, tmp_path, name):
    text, reason = FAULTS[name]
    dotted = own(name, text)
    with pytest.raises(UnknownPartError) as failed:
        registry.find("network", dotted)
    assert str(failed.value) == f"network {dotted!r}: {tmp_path / 'own_parts' / name}.py, {reason}"


def test_a_package_that_fails_is_told_with_its_line(own, tmp_path):
    (tmp_path / "own_parts" / "__init__.py").write_text("import json\njson.loads('{')\n")
    with pytest.raises(UnknownPartError, match=r"__init__.py, line 2: JSONDecodeError: "):
        registry.find("network", own("one", ""))


def test_a_part_in_the_working_directory_needs_no_dot(here):
    here("my_data", '"""Mine."""\n\ndef load(data_dir, *, count: int = 3):\n    return count\n')
    assert registry.has("data", "my_data")
    assert registry.make("data", {"name": "my_data", "count": 4}, None) == 4
    # It is a part of that kind only.
    assert not registry.has("network", "my_data")
    with pytest.raises(UnknownPartError, match="unknown network 'my_data'; choose from"):
        registry.find("network", "my_data")


def test_a_part_in_the_working_directory_that_fails_is_told_with_its_line(here):
    here("my_data", "def load(data_dir)\n")
    with pytest.raises(UnknownPartError, match=r"data 'my_data': .*my_data.py, line 1: SyntaxError: "):
        registry.find("data", "my_data")


def test_a_part_of_the_zoo_comes_before_a_module_in_the_working_directory(here):
    here("digits", "def load(data_dir):\n    return None\n")
    assert registry.find("data", "digits").__name__ == "zoo.data.digits"


@pytest.mark.parametrize("name", ["json", "pickle", "tensorflow", "__main__", "mnist:3.0.1", "glue/cola", "no_such_module", ""])
def test_a_library_and_a_name_of_tfds_are_no_modules_of_ones_own(name):
    """json and pickle have a function `load`."""
    assert not registry.has("data", name)
