"""The manifest of a model: manifest.json, with the size and the sha256 of every other file in its folder.

    {"format": 1, "files": {"saved_model.pb": {"bytes": 1234, "sha256": "..."}, ...}}

It tells damaged files, not an author: who changes a file can change the manifest. What tells an author is the sha256 of an
archive, which comes from somewhere else (zoo/export/handles.py).
"""

import hashlib
import json
import pathlib
import re

NAME = "manifest.json"
FORMAT = 1
MAX_BYTES = 1 << 20  # of the manifest itself
CHUNK = 1 << 20


def sha256(path):
    """The hexadecimal sha256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def files(folder):
    """Every file below a folder, by its path in it with slashes; links count as files."""
    folder = pathlib.Path(folder)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def write(folder):
    """Writes the manifest of what is in a folder now."""
    folder = pathlib.Path(folder)
    listed = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
        for name in files(folder)
        if name != NAME
    }
    (folder / NAME).write_text(json.dumps({"format": FORMAT, "files": listed}, indent=1) + "\n")


def parse(text):
    """The files of a manifest: name -> {"bytes", "sha256"}.

    Args:
      text: its bytes.

    Raises:
      ValueError: for anything that `write` would not have written.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(f"{NAME} has more than {MAX_BYTES} bytes")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{NAME} is no JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("files"), dict):
        raise ValueError(f"{NAME} is not of format {FORMAT}; a newer version of this package may read it")
    for name, entry in content["files"].items():
        if not _is_entry(entry):
            raise ValueError(f"{NAME} has no sha256 and size of {name!r}")
    return content["files"]


def _is_entry(entry):
    if not isinstance(entry, dict) or entry.keys() != {"bytes", "sha256"}:
        return False
    size, digest = entry["bytes"], entry["sha256"]
    return type(size) is int and size >= 0 and isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) is not None


def verify(folder):
    """Refuses a folder in which any file is missing, changed, or not in the manifest.

    Raises:
      ValueError: one line, with the file.
    """
    folder = pathlib.Path(folder)
    with open(folder / NAME, "rb") as file:
        listed = parse(file.read(MAX_BYTES + 1))
    there = set(files(folder)) - {NAME}
    if missing := sorted(listed.keys() - there):
        raise ValueError(f"{missing[0]} is missing, which {NAME} lists")
    if extra := sorted(there - listed.keys()):
        raise ValueError(f"{extra[0]} is not in {NAME}; remove the file, or export the model again")
    for name, entry in listed.items():
        if (folder / name).stat().st_size != entry["bytes"] or sha256(folder / name) != entry["sha256"]:
            raise ValueError(f"{name} is not the file that {NAME} describes")
