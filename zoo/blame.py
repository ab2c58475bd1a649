"""Where in a user's own file an exception came from, and what it says, for an error of one line."""

import pathlib
import traceback


def _frames(error):
    """(file, line) of each frame, the innermost last; that of a syntax error is where it stands."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return frames + ([(error.filename, error.lineno)] if isinstance(error, SyntaxError) else [])


def where(error, file):
    """`FILE, line 12`: the innermost line of the file that was running; `FILE` alone where none was."""
    lines = [line for name, line in _frames(error) if name == str(file)]
    return f"{file}, line {lines[-1]}" if lines else str(file)


def imported(error):
    """The file whose import failed: the first one that Python's import system ran."""
    _, *rest = _frames(error)  # the first is the one that imports
    return next(name for name, _ in rest if not name.startswith("<") and pathlib.Path(name).parent.name != "importlib")


def what(error):
    """`NameError: name 'x' is not defined`, the first line of what it says; the exception's name alone if it says nothing."""
    said = (error.msg if isinstance(error, SyntaxError) else str(error)).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
