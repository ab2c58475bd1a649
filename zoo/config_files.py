"""Config files: those that come with the zoo, by name, and anybody's, by path; and configs that start from another."""

import pathlib
import runpy

from zoo import blame, paths
from zoo import config as configs
from zoo.changes import changed
from zoo.fields import ConfigError

# In a wheel they are a package of the zoo, in a checkout a folder beside it.
_HOME = next(folder / "configs" for folder in pathlib.Path(__file__).parents if (folder / "configs").is_dir())


def names():
    """The names of the configs that come with the zoo."""
    return sorted(path.stem for path in _HOME.glob("*.py") if path.stem != "__init__")


def find(given):
    """The file of a config.

    Args:
      given: a path; or a name of the zoo's own, as `ehm_digits` or as `configs/ehm_digits.py` is found from any folder.

    Raises:
      ConfigError: one line.
    """
    path = paths.named(given)
    if path.is_file():
        return path
    if path.stem in names() and str(path) in (path.stem, str(pathlib.Path("configs", f"{path.stem}.py"))):
        return _HOME / f"{path.stem}.py"
    raise ConfigError(f"config {given}: no such file, and none that comes with the zoo; those are {', '.join(names())}")


def load(given):
    """The experiment of a config file, checked.

    Args:
      given: as for `find`.

    Raises:
      ConfigError: one line, with the line of the file at which something went wrong.
    """
    path = find(given)
    try:
        found = runpy.run_path(str(path))
        if not callable(found.get("get_config")):
            raise ConfigError("the file has no function get_config")
        return configs.check(found["get_config"]())
    except Exception as error:
        reason = str(error) if isinstance(error, ConfigError) else blame.what(error)
        raise ConfigError(f"config {blame.where(error, path)}: {reason}") from error


def start_from(given, changes=None):
    """A config of the zoo, or that of a file, with some of its fields changed.

    `start_from("ehm_mnist", {"model.objective": "symmetric_vae", "model.posterior.minimum_scale": 0.01})` states what
    differs; all else is the same by construction.

    Args:
      given: the name of one of the zoo's configs, or the path of a file.
      changes: {dotted path: value}, see zoo/changes.py.

    Returns:
      An ml_collections.ConfigDict, as `zoo.experiment` does.

    Raises:
      ConfigError: one line.
    """
    return changed(load(given), changes or {})
