"""Files that are whole whenever they are seen: each is written beside its place under another name, and renamed.

A writer that is killed leaves the old file, and something called .partial-... beside it, which `sweep` removes.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile
import time

PREFIX = ".partial-"


@contextlib.contextmanager
def file(path):
    """A binary file to write, which takes the place of what is at `path` when the context ends without an exception.

    It is on the disk before it is renamed. A link stays one: the file that it leads to is replaced. A device or a pipe is
    written to.

    Raises:
      OSError: if it cannot be written; what was there is left as it was.
    """
    path = pathlib.Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        with open(path, "wb") as opened:
            yield opened
        return
    path = pathlib.Path(os.path.realpath(path))
    # No longer than other names, and with the rights of a new file, which tempfile's have not.
    partial = path.with_name(f"{PREFIX}{os.urandom(8).hex()}")
    try:
        with open(partial, "xb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write(path, text):
    """Writes a text file."""
    with file(path) as opened:
        opened.write(text.encode())


def write_marked(writer, path, text):
    """Writes a Markdown file with a comment that says which program has written it; see `check_written_by`."""
    write(path, f"{text}\n{_mark(writer)}\n")


def check_written_by(writer, path):
    """Refuses to replace a file by one that `write_marked` writes, if it is somebody's own.

    Raises:
      ValueError: one line.
    """
    path = pathlib.Path(path)
    if path.is_file() and _mark(writer) not in path.read_text(errors="replace"):
        raise ValueError(f"{path} was not written by {writer}, which would replace it; give another folder, or move it away")


def _mark(writer):
    return f"<!-- written by {writer} -->"


def folder_beside(path):
    """A context with a temporary folder in the folder of `path`, from where a folder can be renamed to it."""
    return tempfile.TemporaryDirectory(prefix=PREFIX, dir=pathlib.Path(path).parent)


def sweep(folder, older_than=0.0):
    """Removes what killed writers have left in a folder.

    Args:
      folder: one that nobody else is writing in.
      older_than: seconds; above 0 others may be writing files that take less.
    """
    for left in pathlib.Path(folder).glob(f"{PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):  # another sweeper's
            if time.time() - left.stat().st_mtime < older_than:
                continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
