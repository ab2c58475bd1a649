"""How every tool starts: flags, one call, and one line on standard error for what a user can put right."""

import functools
import logging as standard_logging
import os
import sys
import traceback

import tensorflow as tf
from absl import app, flags, logging

from ._command_line import answer_help

# What a library function raises when the input is wrong, as against a bug, which keeps its traceback.
USER_ERRORS = (ValueError, OSError, tf.errors.ResourceExhaustedError)


# What a collective operation raises when another worker has gone.
PEER_ERRORS = (
    *(tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError),
    *(tf.errors.DeadlineExceededError, tf.errors.FailedPreconditionError),
)


class Plain(standard_logging.Formatter):
    """A warning as a line for people: what it says, without the time, the thread and the place in the source."""

    def format(self, record):
        return f"{record.levelname.lower()}: {super().format(record)}"


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


def _parse(argv, docstring, config):
    try:
        argv = flags.FLAGS.read_flags_from_files(argv, force_gnu=False)
        answer_help(argv, docstring)
        left, changes = config.take_changes(argv) if config else (argv, {})
        left = flags.FLAGS(left)
        if config:
            config.read(changes)
        return left
    except (flags.Error, *USER_ERRORS) as error:
        return _fail(error)


def run(main, required=(), positional=False, config=None):
    """Runs a tool's `main(argv)`.

    Args:
      main: called with what is left of the command line.
      required: names of flags that must be given.
      positional: whether arguments that are no flags are allowed.
      config: the tool's ConfigFlag, if it has one.
    """

    def guarded(argv):
        if not flags.FLAGS["verbosity"].present:
            logging.set_verbosity(logging.WARNING)  # the notes of the libraries; --verbosity=0 shows them
            tf.get_logger().setLevel("ERROR")  # it warns of retracing, which each of several classifiers has to
            logging.get_absl_handler().setFormatter(Plain())
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
    # A module of one's own in the working directory is found, as by `python -m`; what is installed comes first.
    sys.path.append("")
    app.run(guarded, flags_parser=functools.partial(_parse, docstring=sys.modules[main.__module__].__doc__, config=config))
