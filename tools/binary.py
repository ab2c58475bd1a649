"""How every tool starts: flags, one call, and one line on standard error for what a user can put right."""

import os
import pathlib
import runpy
import sys
import traceback

import tensorflow as tf
from absl import app, flags, logging
from ml_collections import config_flags

from zoo import config as configs

# What a library function raises when the input is wrong, as against a bug, which keeps its traceback.
USER_ERRORS = (ValueError, OSError, tf.errors.ResourceExhaustedError)


# What a collective operation raises when another worker has gone.
PEER_ERRORS = (
    *(tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError),
    *(tf.errors.DeadlineExceededError, tf.errors.FailedPreconditionError),
)


def _say(error):
    print(f"error: {str(error).strip().partition(chr(10))[0]}", file=sys.stderr)


def _fail(error):
    _say(error)
    sys.exit(1)


def leave(error):
    """Ends a worker at once, with one line for what a user can put right.

    TensorFlow's own farewell waits for workers that no longer answer (91 seconds were seen), and they wait for this one.
    """
    if isinstance(error, PEER_ERRORS):
        _say("another worker has stopped or cannot be reached; start all again, and they go on from the last checkpoint")
    elif isinstance(error, USER_ERRORS):
        _say(error)
    else:
        traceback.print_exception(error)
    _end_now(1)


def _end_now(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _config_file(argv):
    for position, argument in enumerate(argv):
        name, equals, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == "config":
            return value if equals else (argv + [""])[position + 1]
    return None


def _check_config_file(argv):
    """Says in one line what ml_collections would say with a traceback: no config, no such file, no get_config in it."""
    path = _config_file(argv)
    if path is None:
        raise ValueError("--config is required: a config file, like configs/ehm_digits.py")
    if not pathlib.Path(path).is_file():
        there = ", ".join(sorted(file.name for file in pathlib.Path(path).parent.glob("*.py") if file.stem != "__init__"))
        raise ValueError(f"--config {path}: no such file; {pathlib.Path(path).parent}/ has {there or 'no config'}")
    if not callable(runpy.run_path(path).get("get_config")):
        raise ValueError(f"--config {path}: the file has no function get_config")


def _parse(argv):
    try:
        if "config" in flags.FLAGS and not {"--help", "--helpshort", "--helpfull", "-h"} & set(argv):
            _check_config_file(argv)
        return flags.FLAGS(argv)
    except KeyError as error:
        return _fail(f"unknown section {error} in a --config.SECTION.FIELD=value; choose from {', '.join(configs.SECTIONS)}")
    except (flags.Error, SyntaxError, AttributeError, *USER_ERRORS) as error:
        return _fail(error)


def config_flag():
    """Defines --config, a config file any field of which can be set by --config.FIELD=value.

    Returns:
      A function that gives the checked config once the flags are parsed. It also gives an unknown field its message, so
      the flag itself takes any; naming another part by a flag resets the options that the other part does not have.
    """
    help_string = "A config file; any field of it: --config.FIELD=value."
    holder = config_flags.DEFINE_config_file("config", help_string=help_string, accept_new_attributes=True, lock_config=False)
    return lambda: configs.check(holder.value, config_flags.get_override_values(flags.FLAGS["config"]))


def run(main, required=(), positional=False):
    """Runs a tool's `main(argv)`.

    Args:
      main: called with what is left of the command line.
      required: names of flags that must be given.
      positional: whether arguments that are no flags are allowed.
    """

    def guarded(argv):
        if not flags.FLAGS["verbosity"].present:
            logging.set_verbosity(logging.WARNING)  # the notes of the libraries; --verbosity=0 shows them
        if len(argv) > 1 and not positional:
            _fail(f"unexpected argument {argv[1]!r}; every argument is a --flag=value")
        try:
            main(argv)
        except USER_ERRORS as error:
            _fail(error)
        except SystemExit as stopped:
            if isinstance(stopped.code, int) and stopped.code > 128:  # by a signal: TensorFlow's own end can take 20 s
                _end_now(stopped.code)
            raise

    for name in required:
        flags.mark_flag_as_required(name)
    app.run(guarded, flags_parser=_parse)
