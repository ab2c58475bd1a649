"""Files of configs and of studies: those that come with the zoo, by name, and anybody's, by path; starts from another."""

import pathlib
import runpy

from zoo import blame, paths
from zoo import config as configs
from zoo.changes import changed
from zoo.fields import ConfigError

# In a wheel they are a package of the zoo, in a checkout a folder beside it.
_HOME = next(folder / "configs" for folder in pathlib.Path(__file__).parents if (folder / "configs").is_dir())


# kind of file -> the folder of the zoo's own, below that of the configs; its function is get_KIND.
FOLDERS = {"config": "", "study": "studies"}


def names(kind="config"):
    """The names of the configs, or the studies, that come with the zoo."""
    return sorted(path.stem for path in (_HOME / FOLDERS[kind]).glob("*.py") if path.stem != "__init__")


def find(given, kind="config"):
    """The file of a config or of a study.

    Args:
      given: a path; or a name of the zoo's own, as `ehm_digits` or as `configs/ehm_digits.py` is found from any folder.
      kind: of FOLDERS.

    Raises:
      ConfigError: one line.
    """
    path = paths.named(given)
    if path.is_file():
        return path
    own = pathlib.Path(FOLDERS[kind], f"{path.stem}.py")
    if path.stem in names(kind) and str(path) in (path.stem, str(pathlib.Path("configs", own))):
        return _HOME / own
    raise ConfigError(f"{kind} {given}: no such file, and none that comes with the zoo; those are {', '.join(names(kind))}")


def load(given):
    """The experiment of a config file, checked.

    Args:
      given: as for `find`.

    Raises:
      ConfigError: one line, with the line of the file at which something went wrong.
    """
    return evaluated(given, "config", configs.check)


def evaluated(given, kind, check):
    """What a check makes of what the function of a file returns.

    Args:
      given, kind: as for `find`.
      check: a function of it.

    Raises:
      ConfigError: one line, with the line of the file at which something went wrong.
    """
    path = find(given, kind)
    try:
        function = runpy.run_path(str(path)).get(f"get_{kind}")
        if not callable(function):
            raise ConfigError(f"the file has no function get_{kind}")
        return check(function())
    except Exception as error:
        reason = str(error) if isinstance(error, ConfigError) else blame.what(error)
        raise ConfigError(f"{kind} {blame.where(error, path)}: {reason}") from error


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
