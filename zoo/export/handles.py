"""Handles of models: what can be given to zoo.load, and how it becomes a folder of one's own.

    ehm_digits                                   a name in the index of pretrained models (zoo/export/pretrained.py)
    models/ehm_digits                            a folder
    models/ehm_digits.tar.gz[#sha256=HEX]        an archive, which must have this sha256 if one is given
    file:///srv/models/ehm_digits                either, by an absolute path
    https://HOST/ehm_digits.tar.gz#sha256=HEX    an archive elsewhere, whose sha256 must be given; http too
    hf://OWNER/NAME[@REVISION]                   a repository of the Hugging Face hub (zoo/export/hub.py)

A folder of the name of a pretrained model is `./ehm_digits`. What is downloaded is kept in the folder that the environment
variable ZOO_CACHE_DIR names (default ~/.cache/symmetric-zoo), an archive as one file, by its sha256, so that it is never
another one, and several processes may fetch it at once: each writes a file of its own and renames it when it is whole.
"""

import http.client
import os
import pathlib
import re
import shutil
import stat
import tempfile
import urllib.parse
import urllib.request

from zoo import atomic, paths
from zoo.export import archive, hub, manifest, pretrained

CACHE = "ZOO_CACHE_DIR"
SECONDS = 60  # without any byte from the server
# Loading these runs whatever their author put into them, and no reader can tell beforehand what that is.
PROGRAMS = (".keras", ".h5", ".hdf5", ".pkl", ".pickle", ".joblib", ".npy", ".pt", ".pth", ".ckpt")


def fetch(handle, folder):
    """Puts the files of a model into an empty folder, where nobody changes them any more.

    Args:
      handle: a string or a path, as above.
      folder: a new folder of this process alone.

    Raises:
      FileNotFoundError: if there is nothing under the handle.
      ValueError: one line, for what is no model, or not the one that was asked for.
      OSError: if it cannot be read or downloaded.
    """
    if handle in pretrained.index():
        _unpack(pretrained.archive_of(handle), folder, pretrained.index()[handle]["sha256"])
        return
    address, sha256 = _parted(handle)
    url = urllib.parse.urlsplit(address if "://" in address else "")
    if url.scheme in ("http", "https"):
        _fetch_url(address, url, sha256, folder)
    elif url.scheme == "hf":
        hub.fetch(str(handle), folder, cache() / "hub")
    elif "://" in address and url.scheme != "file":
        others = "file://, http://, https:// or hf://"
        raise ValueError(f"{handle}: no {url.scheme}:// handles; give a folder, a .tar.gz, or {others}")
    else:
        _fetch_path(_local(url) if url.scheme == "file" else paths.named(address), sha256, folder)


def _parted(handle):
    """The handle without what follows #sha256=, and that; a file that has such a name is that file."""
    address, mark, sha256 = str(handle).rpartition("#sha256=")
    if not mark or paths.named(handle).exists():
        return str(handle), None
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(_demand(address))
    return address, sha256


def _demand(address):
    return f"{address}: say which archive it must be: {address}#sha256=... (64 lower-case hexadecimal digits)"


def _local(url):
    if url.netloc not in ("", "localhost"):
        raise ValueError(f"file://{url.netloc}{url.path}: the path must be absolute, with three slashes: file:///...")
    if url.query or url.fragment:
        raise ValueError(f"file://{url.path}: only #sha256=... may follow the path; write ? and # in it as %3F and %23")
    return pathlib.Path(urllib.request.url2pathname(url.path))


def _fetch_path(path, sha256, folder):
    if path.suffix.lower() in PROGRAMS and not path.is_dir():
        raise ValueError(f"{path}: {path.suffix} files are not loaded: reading one can run any program; export a SavedModel")
    if not path.exists():
        known = ", ".join(pretrained.index()) or "there are none"
        raise FileNotFoundError(f"no model at {path}: there is no such folder, file, or pretrained model ({known})")
    if path.is_dir() and sha256:
        raise ValueError(f"{path} is a folder, which has no sha256; give the handle without it, or an archive")
    if path.is_dir():
        _copy(path, folder)
    elif path.name.endswith(archive.SUFFIX):
        _unpack(path, folder, sha256)
    else:
        raise ValueError(f"{path} is a file; give the folder of a SavedModel, which holds saved_model.pb, or a .tar.gz of one")


def _copy(path, folder):
    if not (path / "saved_model.pb").is_file():
        raise ValueError(f"{path} is no SavedModel: it holds no saved_model.pb; {_remedy(path)}")
    names = manifest.files(path)
    if len(names) > archive.MAX_FILES:
        raise ValueError(f"{path} holds {len(names)} files, more than any model has")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with open(_opened(path / name), "rb") as source, open(folder / name, "xb") as target:
            shutil.copyfileobj(source, target)


def _opened(path):
    """A descriptor of a plain file: not through a link, and not of a device, which might never end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise ValueError(f"{path} is a link; a model consists of plain files") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path} is no plain file; a model consists of plain files")
    return descriptor


def _remedy(path):
    if (path / "saved_model" / "saved_model.pb").is_file():
        return f"it is a training run, whose model is {path / 'saved_model'}"
    if (path / "config.json").is_file():
        return f"it is a training run: python -m tools.export --workdir {path} --output DIR makes one of it"
    return "give a folder that python -m tools.export has written"


def _unpack(path, folder, sha256=None):
    """Of a copy, which nobody changes between the check and the unpacking."""
    with tempfile.TemporaryDirectory() as private:
        copy = shutil.copyfile(path, pathlib.Path(private, "archive"))
        if sha256 and manifest.sha256(copy) != sha256:
            raise ValueError(f"{path} is not the archive it should be: its sha256 differs")
        try:
            archive.unpack(copy, folder)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    if not (folder / "saved_model.pb").is_file():
        raise ValueError(f"{path} is no model: it holds no saved_model.pb at its top")


def cache():
    """The folder of what was downloaded."""
    return paths.named(os.environ.get(CACHE) or "~/.cache/symmetric-zoo")


def _fetch_url(address, url, sha256, folder):
    if not url.path.endswith(archive.SUFFIX):
        raise ValueError(f"{address}: only {archive.SUFFIX} archives are downloaded")
    if not sha256:
        raise ValueError(_demand(address.partition("#")[0]))
    kept = cache() / f"{sha256}{archive.SUFFIX}"
    if not kept.is_file() or manifest.sha256(kept) != sha256:
        _download(address, sha256, kept)
    _unpack(kept, folder, sha256)


def _download(address, sha256, kept):
    kept.parent.mkdir(parents=True, exist_ok=True)
    with atomic.file(kept) as partial:
        try:
            _read(address, partial)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            reason = " ".join(str(getattr(error, "reason", error)).split())
            raise OSError(f"{address} cannot be downloaded: {reason}") from error
        partial.flush()
        if (found := manifest.sha256(partial.name)) != sha256:
            raise ValueError(f"{address} is not the archive it should be: its sha256 is {found}")


def _read(address, file):
    with urllib.request.urlopen(address, timeout=SECONDS) as response:
        left = archive.MAX_BYTES
        while chunk := response.read(archive.CHUNK):
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"{address} has more than {archive.MAX_BYTES} bytes")
            file.write(chunk)
