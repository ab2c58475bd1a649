"""Handles of the Hugging Face hub, against a server on loopback that answers as the hub does."""

import hashlib
import http.server
import json
import shutil
import sys
import threading
import types
import urllib.parse

import numpy as np
import pytest

import zoo
from tests.export import families
from zoo.export import archive, handles, inspection

pytest.importorskip("huggingface_hub", reason="needs huggingface_hub")

Z = np.random.default_rng(0).normal(size=(3, families.LATENT)).astype(np.float32)
COMMIT, NAME = "0123456789" * 4, "somebody/gan"


class Hub(http.server.BaseHTTPRequestHandler):
    """One repository, of the files of the server's `folder`, with a branch `main` and a tag `v1`."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(body=True)

    def do_HEAD(self):
        self._answer(body=False)

    def _answer(self, body):
        path = urllib.parse.urlsplit(self.path).path
        content = self._api(path) if path.startswith("/api/models/") else self._file(path)
        if isinstance(content, str):
            self.send_response(404)
            self.send_header("X-Error-Code", content)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _api(self, path):
        name, _, revision = path.removeprefix("/api/models/").partition("/revision/")
        if name != NAME:
            return "RepoNotFound"
        if revision not in ("", "main", "v1", COMMIT):
            return "RevisionNotFound"
        files = [path for path in self.server.folder.rglob("*") if path.is_file()]
        siblings = [
            {"rfilename": path.relative_to(self.server.folder).as_posix(), "size": path.stat().st_size} for path in files
        ]
        return json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings + self.server.more}).encode()

    def _file(self, path):
        self.server.downloaded.append(path)
        start = f"/{NAME}/resolve/{COMMIT}/"
        file = self.server.folder / path.removeprefix(start)
        return file.read_bytes() if path.startswith(start) and file.is_file() else "EntryNotFound"


@pytest.fixture
def hub(exported, tmp_path, monkeypatch):
    """The server of a copy of a model, with what the hub adds to it."""
    folder = shutil.copytree(exported.path("gan"), tmp_path / "repository")
    (folder / ".gitattributes").write_text("* text\n")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.folder, server.more, server.downloaded = folder, [], []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        monkeypatch.setenv(handles.CACHE, str(tmp_path / "cache"))
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("revision", ["", "@main", "@v1", f"@{COMMIT}"])
def test_a_model_on_the_hub_is_the_model(hub, exported, revision):
    np.testing.assert_array_equal(zoo.load(f"hf://{NAME}{revision}")(Z), exported.loaded("gan")(Z))
    assert not [path for path in hub.downloaded if path.endswith(".gitattributes")]
    before = len(hub.downloaded)
    zoo.load(f"hf://{NAME}{revision}")
    assert len(hub.downloaded) == before  # of this commit all is kept


WRONG = {
    "another repository": (f"hf://{NAME}2", FileNotFoundError, "there is no such model on the hub, or not for you"),
    "another revision": (f"hf://{NAME}@v2", FileNotFoundError, "the repository has no such revision"),
    "no owner": ("hf://gan", ValueError, "a model on the hub is hf://OWNER/NAME"),
    "a path in it": (f"hf://{NAME}/folder", ValueError, "a model on the hub is hf://OWNER/NAME"),
    "a sha256": (f"hf://{NAME}#sha256={'0' * 64}", ValueError, "a model on the hub is hf://OWNER/NAME"),
}


@pytest.mark.parametrize(("handle", "kind", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_not_there_is_one_line(hub, handle, kind, reason):
    with pytest.raises(kind, match=f"^hf://[^\n]*{reason}[^\n]*$"):
        zoo.load(handle)
    assert not hub.downloaded


REFUSED = {
    "no model": (lambda hub: (hub.folder / "saved_model.pb").unlink(), "holds no saved_model.pb at its top"),
    "a way out": (lambda hub: hub.more.append({"rfilename": "../up", "size": 1}), "leads out of the folder"),
    "too large": (
        lambda hub: hub.more.append({"rfilename": "big", "size": 1 << 40}),
        "more than 1000 files or 4294967296 bytes",
    ),
    "too many": (
        lambda hub: hub.more.extend({"rfilename": f"f{number}", "size": 1} for number in range(1001)),
        "more than 1000 files",
    ),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_a_model_is_refused_before_anything_is_downloaded(hub, change, reason):
    change(hub)
    with pytest.raises(ValueError, match=f"^hf://[^\n]*{reason}"):
        zoo.load(f"hf://{NAME}")
    assert not hub.downloaded


def test_a_repository_may_have_as_many_files_and_bytes_as_a_model(monkeypatch):
    """What the hub adds does not count, nor does a file of which it says no size."""
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    monkeypatch.setattr(archive, "MAX_BYTES", 10)
    sizes = {".gitattributes": 99, "saved_model.pb": 10, "a/b": None}
    files = [types.SimpleNamespace(rfilename=name, size=size) for name, size in sizes.items()]
    assert handles.hub._checked("hf://a/b", files) == ["a/b", "saved_model.pb"]
    for found in (None, files[:1], files[2:]):
        with pytest.raises(ValueError, match=r"^hf://a/b is no model: the repository holds no saved_model\.pb at its top$"):
            handles.hub._checked("hf://a/b", found)
    for name in ("a b", "a/./b", "../b"):
        files[2].rfilename = name
        with pytest.raises(
            ValueError, match=r"^hf://a/b holds '.*b', a path that leads out of the folder or has odd characters"
        ):
            handles.hub._checked("hf://a/b", files)
    for limit, less in (("MAX_FILES", 1), ("MAX_BYTES", 9)):
        with monkeypatch.context() as patched:
            patched.setattr(archive, limit, less)
            with pytest.raises(ValueError, match=r"^hf://a/b holds more than \d+ files or \d+ bytes$"):
                handles.hub._checked("hf://a/b", files)


def test_a_model_of_the_hub_is_checked_as_any_other(hub):
    (hub.folder / "more.txt").write_text("not in the manifest")
    with pytest.raises(ValueError, match=r"^hf://somebody/gan is a damaged model: more\.txt is not in manifest\.json"):
        zoo.load(f"hf://{NAME}")
    (hub.folder / "more.txt").unlink()
    (hub.folder / "manifest.json").unlink()
    with pytest.raises(inspection.UnsafeModelError, match=r"^hf://somebody/gan has no manifest\.json"):
        zoo.load(f"hf://{NAME}")


def test_a_file_that_is_not_given_out_and_a_server_that_is_gone(hub, monkeypatch):
    hub.more.append({"rfilename": "missing", "size": 1})
    with pytest.raises(OSError, match=r"^hf://somebody/gan cannot be downloaded: [^\n]+$"):
        zoo.load(f"hf://{NAME}")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OSError, match=r"^hf://somebody/gan cannot be downloaded: [^\n]+$"):
        zoo.load(f"hf://{NAME}")


def test_without_the_package_it_is_said_what_to_install(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match=r"^hf://[^\n]* needs the package huggingface_hub: pip install [^\n]*\[hub\]"):
        zoo.load(f"hf://{NAME}")
