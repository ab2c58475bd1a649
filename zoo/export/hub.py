"""Models on the Hugging Face hub, hf://OWNER/NAME[@REVISION]: a repository with the files of an export at its top.

Needs the package huggingface_hub: pip install "symmetric-zoo[hub]". Number, names and sizes of the files are looked at before
any is downloaded, and all come from one commit. That the model is whole and safe is checked afterwards (zoo/export/loading.py),
as of any other. The environment variable HF_ENDPOINT names another server, and `hf auth login` is for private models.
"""

import contextlib
import os
import re
import shutil

from zoo.export import archive

SECONDS = 60
HANDLE = re.compile(r"hf://(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?", re.ASCII)
NOT_OF_THE_MODEL = {".gitattributes"}  # the hub itself puts it into every repository


def fetch(handle, folder, cache):
    """Puts the files of a model into an empty folder.

    Args:
      handle: hf://OWNER/NAME, a branch, tag or commit behind an @.
      folder: a new folder of this process alone.
      cache: the folder of what was downloaded.

    Raises:
      FileNotFoundError: if there is no such repository, or revision of it.
      ValueError: one line, for another handle, no package, or what is no model.
      OSError: if it cannot be downloaded.
    """
    if not (found := HANDLE.fullmatch(handle)):
        raise ValueError(f"{handle}: a model on the hub is hf://OWNER/NAME, or hf://OWNER/NAME@REVISION")
    library = _library(handle)
    api = library.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    with _one_line(handle, library.errors):
        repository = api.model_info(found["name"], revision=found["revision"], files_metadata=True, timeout=SECONDS)
    for file in _checked(handle, repository.siblings):
        with _one_line(handle, library.errors):
            kept = api.hf_hub_download(found["name"], file, revision=repository.sha, cache_dir=cache)
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, folder / file)


def _library(handle):
    try:
        import huggingface_hub  # an extra
        import huggingface_hub.errors
    except ImportError as error:
        raise ValueError(f'{handle} needs the package huggingface_hub: pip install "symmetric-zoo[hub]"') from error
    return huggingface_hub


def _checked(handle, siblings):
    """The names of the model's files."""
    sizes = {file.rfilename: file.size or 0 for file in siblings or () if file.rfilename not in NOT_OF_THE_MODEL}
    if "saved_model.pb" not in sizes:
        raise ValueError(f"{handle} is no model: the repository holds no saved_model.pb at its top")
    if len(sizes) > archive.MAX_FILES or sum(sizes.values()) > archive.MAX_BYTES:
        raise ValueError(f"{handle} holds more than {archive.MAX_FILES} files or {archive.MAX_BYTES} bytes")
    for name in sizes:
        if not archive.NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
            raise ValueError(f"{handle} holds {name!r}, a path that leads out of the folder or has odd characters")
    return sorted(sizes)


@contextlib.contextmanager
def _one_line(handle, errors):
    try:
        yield
    except errors.RevisionNotFoundError as error:
        raise FileNotFoundError(f"{handle}: the repository has no such revision") from error
    except errors.RepositoryNotFoundError as error:
        told = "there is no such model on the hub, or not for you; for a private one: hf auth login"
        raise FileNotFoundError(f"{handle}: {told}") from error
    except Exception as error:  # of several libraries
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise OSError(f"{handle} cannot be downloaded: {reason}") from error
