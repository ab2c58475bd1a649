r"""Paths: of a home folder, and as TensorFlow takes them, literally.

Where TensorFlow restores or removes a checkpoint, also that of a SavedModel, it takes its path for a pattern: [ ] * ? and the
backslash name other files, or none. So a folder below such a path is handed to it under another name.
"""

import contextlib
import os
import pathlib

PATTERN = set("[]*?\\")
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
        raise ValueError(f"{path}: nobody knows where the home folder is; set HOME, or give a path without ~") from error


def of_data(given):
    """The folder of the data sets: the one that was given, or $TFDS_DATA_DIR, or else ~/tensorflow_datasets.

    Raises:
      ValueError: as `expanded`; not for the last, since sets that need no folder are loaded where nobody has a home.
    """
    given = given or os.environ.get("TFDS_DATA_DIR")
    return expanded(given) if given else pathlib.Path(os.path.expanduser("~/tensorflow_datasets"))


@contextlib.contextmanager
def literal(folder):
    """A path to a folder in which no character is a pattern's; good in this process, while the context lasts.

    Raises:
      OSError: if there is no such folder.
      ValueError: where the system has no other name for it; one line.
    """
    folder = pathlib.Path(folder)
    if not PATTERN & set(str(folder.absolute())):
        yield folder
        return
    if not OPENED.is_dir():
        raise ValueError(f"{folder}: TensorFlow takes {' '.join(sorted(PATTERN))} for a pattern; choose a path without them")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield OPENED / str(descriptor)
    finally:
        os.close(descriptor)
