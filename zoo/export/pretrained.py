"""The pretrained models that come with the package: archives in zoo/pretrained/, and an index of them.

    index.json    {"ehm_digits": {"sha256": "...", "bytes": 1234, "summary": "...", "data": {"name": "digits"},
                  "headline": {...}, "fingerprint": {...}}, ...}        the last three as zoo/export/record.py makes them

They are small, because everybody who installs the package gets all of them.
"""

import json
import pathlib
import re

from zoo import atomic
from zoo.export import manifest

FOLDER = pathlib.Path(__file__).parents[1] / "pretrained"
MAX_BYTES = 5_000_000
MAX_BYTES_OF_ALL = 30_000_000


def index():
    """Name -> {"sha256", "bytes", "summary", "data", "headline", "fingerprint"}."""
    path = FOLDER / "index.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def archive_of(name):
    """The path of a model's archive."""
    return FOLDER / f"{name}.tar.gz"


def add(name, archive, summary, **record):
    """Adds an archive to the index, or replaces the one of this name.

    Args:
      name: lower-case letters, digits and underscores.
      archive: the .tar.gz that export has written.
      summary: one line.
      **record: what else the index says of it.

    Raises:
      ValueError: for another name, or if the limits on sizes are not kept.
    """
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(f"the name of a pretrained model is of lower-case letters, digits and underscores, found {name!r}")
    found, size = index(), pathlib.Path(archive).stat().st_size
    others = sum(entry["bytes"] for other, entry in found.items() if other != name)
    if size > MAX_BYTES or size + others > MAX_BYTES_OF_ALL:
        raise ValueError(
            f"{archive} has {size} bytes; a pretrained model has at most {MAX_BYTES}, and all together {MAX_BYTES_OF_ALL}"
        )
    FOLDER.mkdir(exist_ok=True)
    content = pathlib.Path(archive).read_bytes()  # it may be the one that is there
    with atomic.file(archive_of(name)) as file:
        file.write(content)
    found[name] = {"sha256": manifest.sha256(archive_of(name)), "bytes": size, "summary": summary} | record
    atomic.write(FOLDER / "index.json", json.dumps(dict(sorted(found.items())), indent=1) + "\n")
