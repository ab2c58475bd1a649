"""Finds a part of the zoo by its module's name: the only dynamic import of the project.

A part is one module. Its kind says in which package it lives and which attribute makes it a part: `mlp` of kind `network`
is `zoo.networks.mlp`, because that module has a function `build`. Any other name is a user's own module, imported as it stands:
a dotted path, or a module in the working directory that has such a function. The options of a part are the keyword-only
parameters of that function, their annotations and their defaults.
"""

import ast
import fnmatch
import functools
import importlib
import importlib.util
import inspect
import pathlib
import sys

from zoo import blame

# kind -> (package, the attributes that make a module a part of this kind: names, or patterns of names)
KINDS = {
    "data": ("zoo.data", ("load",)),
    "network": ("zoo.networks", ("build",)),
    "conditional": ("zoo.distributions", ("conditional",)),
    "prior": ("zoo.distributions", ("prior",)),
    "approximator": ("zoo.approximators", ("build",)),
    "joint": ("zoo.models", ("joint",)),
    "objective": ("zoo.objectives", ("*_loss",)),
    "measure": ("zoo.evaluation", ("measure",)),
    "sampler": ("zoo.samplers", ("sampler",)),
    "variance_reduction": ("zoo.variance_reduction", ("step",)),
}

REQUIRED = inspect.Parameter.empty


class UnknownPartError(ValueError):
    """A part's name that no module answers to, or a module that cannot be imported, or that is no part of this kind."""


def module_file(kind, name):
    """The file a part of this name would have inside the zoo."""
    package, _ = KINDS[kind]
    return pathlib.Path(__file__).parent / package.rpartition(".")[2] / f"{name}.py"


@functools.lru_cache(maxsize=1_000)
def _defined(path, modified):
    return {getattr(node, "name", "") for node in ast.parse(path.read_text()).body}


def _defines(path, attributes):
    # Parsing takes a millisecond, and a study asks for its parts some ten thousand times.
    return bool(_matching(_defined(path, path.stat().st_mtime_ns), attributes))


def _matching(names, attributes):
    return [name for name in names if any(fnmatch.fnmatchcase(name, attribute) for attribute in attributes)]


def names(kind):
    """The names of all parts of a kind, sorted. Reads the files without importing them, so it is cheap."""
    _, attributes = KINDS[kind]
    folder = module_file(kind, "any").parent
    return sorted(path.stem for path in folder.glob("*.py") if _defines(path, attributes))


def _is_of_the_zoo(kind, name):
    return module_file(kind, name).is_file() and _defines(module_file(kind, name), KINDS[kind][1])


def _file_of(name):
    """The file of a module that is neither Python's own nor of an installed library, or None. It is not imported."""
    spec = None if name in sys.stdlib_module_names else importlib.util.find_spec(name)
    file = pathlib.Path(spec.origin or "") if spec else pathlib.Path()
    return file if file.suffix == ".py" and not {"site-packages", "dist-packages"} & set(file.parts) else None


def _is_own(kind, name):
    """Whether a name is that of a user's own module: dotted, or with the function of a part in it."""
    words = name.split(".")
    if not all(word.isidentifier() for word in words) or name == "__main__":
        return False
    if len(words) > 1:
        return True
    file = _file_of(name)
    try:
        return file is not None and _defines(file, KINDS[kind][1])
    except SyntaxError:
        return True  # importing it says where


def has(kind, name):
    """Whether a part of this name may be there: one of the zoo, or a user's own module (a dotted one is not looked for)."""
    return _is_of_the_zoo(kind, name) or _is_own(kind, name)


def find(kind, name):
    """The module of a part.

    Raises:
      UnknownPartError: with the list of the siblings, or the line at which a user's own module failed.
    """
    package, attributes = KINDS[kind]
    if _is_of_the_zoo(kind, name):
        return importlib.import_module(f"{package}.{name}")
    if not _is_own(kind, name):
        raise UnknownPartError(f"unknown {kind} {name!r}; choose from {', '.join(names(kind))}")
    module = _import_own(kind, name)
    if not _matching(vars(module), attributes):
        raise UnknownPartError(f"{name!r} is no {kind}: it defines none of {', '.join(attributes)}")
    return module


def _import_own(kind, name):
    try:
        return importlib.import_module(name)
    except Exception as error:
        # Only the part's own path counts as unknown; a module it imports in vain must be reported as such.
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            raise UnknownPartError(
                f"unknown {kind} {name!r}: no such module; import paths are relative to the working directory and PYTHONPATH"
            ) from None
        raise UnknownPartError(f"{kind} {name!r}: {blame.where(error, blame.imported(error))}: {blame.what(error)}") from error


def options(kind, name):
    """name -> inspect.Parameter of every option of a part (a parameter without default is required)."""
    _, attributes = KINDS[kind]
    module = find(kind, name)
    found = {}
    for attribute in _matching(vars(module), attributes):
        parameters = inspect.signature(getattr(module, attribute)).parameters.values()
        found |= {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}
    return found


def make(kind, section, *arguments):
    """Builds a part from its section of the config: its name, and its options as keyword arguments."""
    _, (factory, *_) = KINDS[kind]
    chosen = {key: section[key] for key in section if key != "name"}
    return getattr(find(kind, section["name"]), factory)(*arguments, **chosen)
