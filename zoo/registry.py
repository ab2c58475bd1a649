"""Finds a part of the zoo by its module's name: the only dynamic import of the project.

A part is one module. Its kind says in which package it lives and which attribute makes it a part: `mlp` of kind `network`
is `zoo.networks.mlp`, because that module has a function `build`. A name with a dot is a user's own module, imported as it
stands. The options of a part are the keyword-only parameters of that function, their annotations and their defaults.
"""

import ast
import importlib
import inspect
import pathlib

# kind -> (package, the attributes that make a module a part of this kind)
KINDS = {
    "data": ("zoo.data", ("load",)),
    "network": ("zoo.networks", ("build",)),
    "conditional": ("zoo.distributions", ("conditional",)),
    "prior": ("zoo.distributions", ("prior",)),
    "approximator": ("zoo.approximators", ("build",)),
    "objective": ("zoo.objectives", ("wake_loss", "sleep_loss")),
    "measure": ("zoo.evaluation", ("measure",)),
}

REQUIRED = inspect.Parameter.empty


class UnknownPartError(ValueError):
    """A part's name that no module answers to, or a module that is no part of the kind asked for."""


def module_file(kind, name):
    """The file a part of this name would have inside the zoo."""
    package, _ = KINDS[kind]
    return pathlib.Path(__file__).parent / package.rpartition(".")[2] / f"{name}.py"


def _defines(path, attributes):
    tree = ast.parse(path.read_text())
    return any(getattr(node, "name", None) in attributes for node in tree.body)


def names(kind):
    """The names of all parts of a kind, sorted. Reads the files without importing them, so it is cheap."""
    _, attributes = KINDS[kind]
    folder = module_file(kind, "any").parent
    return sorted(path.stem for path in folder.glob("*.py") if _defines(path, attributes))


def find(kind, name):
    """The module of a part.

    Raises:
      UnknownPartError: with the list of the siblings.
    """
    package, attributes = KINDS[kind]
    if "." not in name.strip(".") and not (module_file(kind, name).is_file() and _defines(module_file(kind, name), attributes)):
        raise UnknownPartError(f"unknown {kind} {name!r}; choose from {', '.join(names(kind))}")
    try:
        module = importlib.import_module(name if "." in name else f"{package}.{name}")
    except ModuleNotFoundError as error:
        # Only the part's own path counts as unknown; a module it imports in vain must be reported as such.
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise UnknownPartError(
                f"unknown {kind} {name!r}: no such module; import paths are relative to PYTHONPATH"
            ) from None
        raise
    if not any(hasattr(module, attribute) for attribute in attributes):
        raise UnknownPartError(f"{name!r} is no {kind}: it defines none of {', '.join(attributes)}")
    return module


def options(kind, name):
    """name -> inspect.Parameter of every option of a part (a parameter without default is required)."""
    _, attributes = KINDS[kind]
    module = find(kind, name)
    found = {}
    for attribute in attributes:
        if hasattr(module, attribute):
            parameters = inspect.signature(getattr(module, attribute)).parameters.values()
            found |= {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}
    return found


def summary(module):
    """The first line of a module's docstring."""
    return (inspect.getdoc(module) or "").partition("\n")[0]


def make(kind, section, *arguments):
    """Builds a part from its section of the config: its name, and its options as keyword arguments."""
    _, (factory, *_) = KINDS[kind]
    chosen = {key: section[key] for key in section if key != "name"}
    return getattr(find(kind, section["name"]), factory)(*arguments, **chosen)
