"""How every tool starts: flags, one call, and one line on standard error for what a user can put right."""

import runpy
import sys

import tensorflow as tf
from absl import app, flags, logging

# What a library function raises when the input is wrong, as against a bug, which keeps its traceback.
USER_ERRORS = (ValueError, OSError, tf.errors.ResourceExhaustedError)


def _fail(error):
    print(f"error: {str(error).strip().partition(chr(10))[0]}", file=sys.stderr)
    sys.exit(1)


def _config_file(argv):
    for position, argument in enumerate(argv):
        name, equals, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == "config":
            return value if equals else (argv + [""])[position + 1]
    return None


def _check_overrides(argv, config):
    """Names the first --config.FIELD that the config does not have, with the fields it has there."""
    for argument in argv:
        name = argument.lstrip("-").partition("=")[0]
        if not (argument.startswith("-") and name.startswith("config.")):
            continue
        section, path = config, name.removeprefix("config.").split(".")
        for depth, key in enumerate(path):
            if not hasattr(section, "keys") or key not in section:
                where = ".".join(["config", *path[:depth]])
                valid = ", ".join(sorted(section)) if hasattr(section, "keys") else "nothing below it"
                raise ValueError(f"unknown field --{name}; {where} has {valid}")
            section = section[key]


def _parse(argv):
    path = _config_file(argv)
    try:
        if path is not None:
            # ml_collections answers a missing file, a wrong field or an error inside the file with a traceback.
            _check_overrides(argv, runpy.run_path(path)["get_config"]())
        return flags.FLAGS(argv)
    except KeyError as error:
        _fail(f"config file {path} has no function {error}" if "get_config" in str(error) else error)
    except (flags.Error, SyntaxError, *USER_ERRORS) as error:
        _fail(error)


def run(main, required=()):
    """Runs a tool's `main(argv)`.

    Args:
      main: called with what is left of the command line.
      required: names of flags that must be given.
    """

    def guarded(argv):
        if not flags.FLAGS["verbosity"].present:
            logging.set_verbosity(logging.WARNING)  # the notes of the libraries; --verbosity=0 shows them
        if len(argv) > 1:
            _fail(f"unexpected argument {argv[1]!r}; every argument is a --flag=value")
        try:
            main(argv)
        except USER_ERRORS as error:
            _fail(error)

    for name in required:
        flags.mark_flag_as_required(name)
    app.run(guarded, flags_parser=_parse)
