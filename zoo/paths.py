r"""Paths: of a home folder, in one line of a log, and as TensorFlow takes them, literally.

Where TensorFlow restores or removes a checkpoint, also that of a SavedModel, it takes its path for a pattern: [ ] * ? and the
backslash name other files, or none. So a folder below such a path is handed to it under another name.
"""

import contextlib
import os
import pathlib

PATTERN = set("[]*?\\")
# Bytes of a path. The system takes 4,095, of which the names of the files of a run or of a model need up to 200.
LONGEST = 3800
LONGEST_NAME = 255  # bytes of one name in a path, of nearly all file systems
# Folders that this process has opened, by their number; a part of Linux.
OPENED = pathlib.Path("/proc/self/fd")


def expanded(path):
    """A pathlib.Path in which a ~ at the start is the home folder.

    Raises:
      ValueError: one line, if it is not known where that is.
    """
    try:
        return pathlib.Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"{printable(path)}: nobody knows where that home folder is; set HOME, or give a path without ~"
        ) from error


def printable(path):
    """A path as text of one line: what is neither UTF-8 nor printable is escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def named(path):
    """`expanded`, of a path that is written to, or that TensorFlow has to take: all but those of data.

    Raises:
      ValueError: one line; also for a path that is no text of one line, too long for what is written below it, or with too long
        a name in it: the folders above that would be made before the system refuses it.
    """
    path = expanded(path)
    text = str(path.absolute())
    if not _is_utf8(text) or text.splitlines() != [text]:
        raise ValueError(f"{printable(path)}: a path must be UTF-8, without line breaks; choose another")
    if (size := len(os.fsencode(text))) > LONGEST:
        raise ValueError(f"{printable(text)[:60]}... has {size} bytes; choose a path of at most {LONGEST}")
    longest = max(path.parts, key=lambda name: len(os.fsencode(name)), default="")
    if (size := len(os.fsencode(longest))) > LONGEST_NAME:
        raise ValueError(f"{printable(longest)[:60]}... has {size} bytes; choose names of at most {LONGEST_NAME}")
    return path


def to_write(path, flag):
    """`named`, of a file or a folder that is to be made in a folder that is there.

    Raises:
      ValueError: as `named`; also where there is no folder to put it in. Its line begins with the flag that named it.
    """
    path = named(path)
    if not path.absolute().parent.is_dir():
        raise ValueError(f"--{flag} {path}: there is no folder {path.parent}; make it first")
    return path


def _is_utf8(text):
    """Whether it has no bytes in it that Python could not decode."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def of_data(given):
    """The folder of the data sets: the one that was given, or $TFDS_DATA_DIR, or else ~/tensorflow_datasets.

    Raises:
      ValueError: as `expanded`; not for the last, since sets that need no folder are loaded where nobody has a home.
    """
    given = given or os.environ.get("TFDS_DATA_DIR")
    return expanded(given) if given else pathlib.Path(os.path.expanduser("~/tensorflow_datasets"))


@contextlib.contextmanager
def literal(folder):
    """A path to a folder in UTF-8 in which no character is a pattern's; good in this process, while the context lasts.

    Raises:
      OSError: if there is no such folder.
      ValueError: where the system has no other name for it; one line.
    """
    folder = pathlib.Path(folder)
    text = str(folder.absolute())
    if not PATTERN & set(text) and _is_utf8(text):
        yield folder
        return
    if not OPENED.is_dir():
        told = f"TensorFlow takes {' '.join(sorted(PATTERN))} for a pattern, and nothing that is not UTF-8"
        raise ValueError(f"{printable(folder)}: {told}; choose a path without them")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield OPENED / str(descriptor)
    finally:
        os.close(descriptor)
