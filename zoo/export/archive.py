"""Models as .tar.gz: written the same, byte for byte, for the same files; read with nothing taken on trust.

The files of the model stand at the top of the archive (saved_model.pb, not NAME/saved_model.pb), as TF Hub has it. The reader
takes entries for files and folders and nothing else: no links, devices or sparse files. Of extended headers (POSIX's pax, which
Python's tarfile writes for times and long names) it takes the name of the next entry, and passes over what says who wrote it
and when. It does not use tarfile's own reader, which takes all of those, but for the parsing of one header.
"""

import gzip
import os
import pathlib
import re
import tarfile
import zlib

from zoo.export import manifest

SUFFIX = ".tar.gz"
# A model of this package has under ten files and some megabytes.
MAX_FILES = 1_000
MAX_BYTES = 4 << 30
BLOCK = 512
CHUNK = 1 << 20
# What a path may be made of. No backslash and no colon, which mean something elsewhere.
NAME = re.compile(r"[A-Za-z0-9_.,+=@-]+(/[A-Za-z0-9_.,+=@-]+)*")
# Extended headers: their size, their types (of one entry, of all that follow), and the records that say nothing of the content.
MAX_EXTENDED = 1 << 16
NEXT, ALL = tarfile.XHDTYPE, tarfile.XGLTYPE
PASSED_OVER = re.compile("atime|ctime|mtime|comment|uid|gid|uname|gname|(SCHILY|LIBARCHIVE)[.].*")


def pack(folder, path):
    """Writes the files of a folder as a .tar.gz: no times, owners or modes of this machine."""
    with (
        open(path, "wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in manifest.files(folder):
            entry = tarfile.TarInfo(name)
            entry.size = (pathlib.Path(folder) / name).stat().st_size
            with open(pathlib.Path(folder) / name, "rb") as content:
                archive.addfile(entry, content)


def unpack(path, folder):
    """Unpacks a .tar.gz into an empty folder.

    Args:
      path: of the archive.
      folder: that nobody else can write to.

    Raises:
      ValueError: one line, with the entry that is refused, or for a damaged archive.
    """
    try:
        with gzip.open(path, "rb") as stream:
            _unpack(stream, pathlib.Path(folder))
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.HeaderError) as error:
        raise ValueError(f"the archive is damaged: {error}") from error


def _unpack(stream, folder):
    total, seen = 0, set()
    while entry := _next_entry(stream):
        name = _checked(entry)
        if name is None:
            continue
        total += entry.size
        if total > MAX_BYTES or len(seen) >= MAX_FILES:
            raise ValueError(f"the archive holds more than {MAX_FILES} files or {MAX_BYTES} bytes")
        if name.lower() in seen:
            raise ValueError(f"the archive holds {name} twice")
        seen.add(name.lower())
        _write(stream, entry.size, folder, name)
    _check_end(stream)


def _next_entry(stream):
    """The next header of a file or folder, or None at the end of the archive."""
    name = None
    for _ in range(MAX_FILES):
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise ValueError("the archive is damaged: it ends too early")
        if not any(block):
            return None
        entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if entry.type not in (NEXT, ALL):
            entry.name = name or entry.name
            return entry
        name = _extended(stream, entry) or name
    raise ValueError(f"the archive holds more than {MAX_FILES} extended headers, one after the other")


def _extended(stream, entry):
    """The name of the next entry that an extended header gives, or None."""
    if not 0 <= entry.size <= MAX_EXTENDED:
        raise ValueError(f"the archive has an extended header of {entry.size} bytes")
    content = stream.read(entry.size + -entry.size % BLOCK)[: entry.size]
    name = None
    while content:
        length = re.match(rb"([1-9][0-9]{0,5}) ", content)
        record, content = (content[: int(length[1])], content[int(length[1]) :]) if length else (b"", content)
        keyword, equals, value = record.partition(b" ")[2].partition(b"=")
        if not equals or record[-1:] != b"\n" or len(record) != int(length[1]):
            raise ValueError("the archive is damaged: an extended header is not in the form of POSIX")
        keyword = keyword.decode("utf-8", "replace")
        if keyword == "path" and entry.type == NEXT:
            name = value[:-1].decode("utf-8", "surrogateescape")
        elif not PASSED_OVER.fullmatch(keyword):
            raise ValueError(
                f"the archive has an extended header with {keyword!r}, which is not taken; write it with tar --format=ustar"
            )
    return name


def _checked(entry):
    """The path of a file's entry inside of the folder; None for a folder's entry."""
    name = entry.name.removeprefix("./").rstrip("/") if entry.isdir() else entry.name.removeprefix("./")
    if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
        raise ValueError(
            f"the archive holds {name!r}, which is no plain file (type {entry.type!r}); write it with tar --format=ustar"
        )
    if entry.size < 0 or (entry.isdir() and entry.size):
        raise ValueError(f"the archive says that {name!r} has {entry.size} bytes")
    if entry.isdir() and name in ("", "."):
        return None
    if not NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
        raise ValueError(f"the archive holds {name!r}, a path that leads out of the folder or has odd characters")
    return None if entry.isdir() else name


def _write(stream, size, folder, name):
    target = folder / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            _copy(stream, size, file)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise ValueError(f"the archive holds {name} as a file and as a folder") from error
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise
        raise ValueError(f"the archive's {name} cannot be written: {os.strerror(error.errno or 0)}") from error
    stream.read(-size % BLOCK)


def _copy(stream, size, file):
    while size:
        chunk = stream.read(min(size, CHUNK))
        if not chunk:
            raise ValueError("the archive is damaged: it ends too early")
        file.write(chunk)
        size -= len(chunk)


def _check_end(stream):
    """Only zeros follow, and not many; reading them checks the checksum of the compression."""
    rest = stream.read(CHUNK)
    if any(rest) or stream.read(1):
        raise ValueError("the archive holds something after its end")
