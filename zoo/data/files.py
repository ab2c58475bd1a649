"""The files below a folder, each real one once: links are followed, and what is not read is told in one line."""

import os
import stat
from typing import NamedTuple

from absl import logging

from zoo.paths import printable

NAMED = 3  # in a warning


class File(NamedTuple):
    """A file below a folder.

    Attributes:
      name: its path, relative to the folder.
      size: in bytes.
      identity: the same for two names of one file.
      through_link: whether the way to it leads through a link to a folder.
      is_link: whether it is a link itself.
    """

    name: str
    size: int
    identity: tuple
    through_link: bool
    is_link: bool


def below(folder, wanted, order):
    """The regular files below a folder whose names are wanted, each once, sorted by path.

    Names that begin with a dot do not count, of files and of folders. A folder is entered once: by its own name, or else by
    a link. Of several names of a file the first counts by: no link to a folder on the way, `order`, no link, the name.
    Warnings say what is left out.

    Args:
      folder: a path.
      wanted: a function of a file's name without its folders.
      order: a function of a name relative to the folder (a folder's ends with a separator); the lower counts.

    Returns:
      list of File.
    """
    folder, unreadable, again, found = os.fspath(folder), [], [], []
    for parent, names, through_link in _folders(folder, order, unreadable, again):
        for path in (os.path.join(parent, name) for name in names if wanted(name) and not name.startswith(".")):
            if status := _status(path):
                identity = status.st_dev, status.st_ino
                found.append(File(_relative(path, folder), status.st_size, identity, through_link, os.path.islink(path)))
            else:
                unreadable.append(path)
    warn(folder, "no file or folder that can be read", [_relative(path, folder) for path in unreadable])
    warn(folder, "second names of a folder", again)
    return sorted(_once(folder, found, order), key=lambda file: file.name.split(os.sep))


def _folders(top, order, unreadable, again):
    """(path, names of its files, whether a link leads there) of each folder: first all real ones, then what links lead to."""
    entered, waiting = set(), [top]
    while waiting:
        start = min(waiting, key=lambda path: (order(_relative(path, top) + os.sep), path))
        waiting.remove(start)
        for parent, folders, names in os.walk(start, onerror=lambda error: unreadable.append(error.filename)):
            status = os.stat(parent)
            if (status.st_dev, status.st_ino) in entered:
                folders.clear()
                again += [_relative(parent, top)] * (parent == start)
                continue
            entered.add((status.st_dev, status.st_ino))
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            waiting += [path for name in folders if os.path.islink(path := os.path.join(parent, name))]
            yield parent, names, start != top


def _relative(path, folder):
    return path.removeprefix(folder).lstrip(os.sep)


def _status(path):
    """Of a regular file; None for anything else: a pipe would be waited for, and a link may lead nowhere."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _once(folder, found, order):
    first = {}
    for file in sorted(found, key=lambda file: (file.through_link, order(file.name), file.is_link, file.name)):
        first.setdefault(file.identity, file)
    kept = {file.name for file in first.values()}
    warn(folder, "second names of a file", [file.name for file in found if file.name not in kept])
    return first.values()


def warn(folder, reason, names):
    """Says in one line which names below a folder are left out, and why; nothing where there are none."""
    if names:
        listed = ", ".join(printable(name) for name in sorted(names)[:NAMED])
        more = ", ..." if len(names) > NAMED else ""
        logging.warning("%s: %d left out, %s: %s%s", printable(folder), len(names), reason, listed, more)
