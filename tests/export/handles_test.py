"""Handles: folders, archives, URLs and names; what is kept of a download, also with several processes at once."""

import concurrent.futures
import io
import multiprocessing
import os
import pathlib
import shutil
import tarfile

import numpy as np
import pytest

import zoo
from tests.export import families
from tests.export.serving import answering, serving
from zoo.export import archive, export, handles, manifest, pretrained

Z = np.random.default_rng(0).normal(size=(3, families.LATENT)).astype(np.float32)


@pytest.fixture(scope="module")
def packed(exported, tmp_path_factory):
    """An archive of a model."""
    path = tmp_path_factory.mktemp("packed") / "gan.tar.gz"
    archive.pack(exported.path("gan"), path)
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "not" / "yet" / "cache"
    monkeypatch.setenv(handles.CACHE, str(folder))
    return folder


@pytest.fixture
def server(packed):
    with serving(packed.parent) as server:
        server.handle = f"{server.address}/gan.tar.gz#sha256={manifest.sha256(packed)}"
        yield server


def assert_the_model(handle, exported):
    np.testing.assert_array_equal(zoo.load(handle)(Z), exported.loaded("gan")(Z))


@pytest.mark.parametrize("kind", ["folder", "folder and slash", "file://", "archive", "file:// archive", "file://localhost"])
def test_a_model_on_this_machine(exported, packed, kind):
    folder = exported.path("gan")
    handle = {
        "folder": folder,
        "folder and slash": f"{folder}/",
        "file://": folder.as_uri(),
        "archive": packed,
        "file:// archive": packed.as_uri(),
        "file://localhost": f"file://localhost{folder}",
    }[kind]
    assert_the_model(handle, exported)


def test_a_relative_path_and_one_with_spaces(exported, packed, tmp_path, monkeypatch):
    (tmp_path / "a model.tar.gz").write_bytes(packed.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert_the_model("a model.tar.gz", exported)
    assert_the_model((tmp_path / "a model.tar.gz").as_uri(), exported)


def test_a_local_archive_with_its_sha256(exported, packed, tmp_path):
    digest = manifest.sha256(packed)
    other = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    for handle in (str(packed), packed, packed.as_uri()):
        assert_the_model(f"{handle}#sha256={digest}", exported)
        with pytest.raises(ValueError, match="is not the archive it should be: its sha256 differs"):
            zoo.load(f"{handle}#sha256={other}")
        for bad in ("", "abc", digest.upper(), digest + "0"):
            with pytest.raises(ValueError, match="say which archive it must be"):
                zoo.load(f"{handle}#sha256={bad}")
    with pytest.raises(ValueError, match="is a folder, which has no sha256"):
        zoo.load(f"{exported.path('gan')}#sha256={digest}")
    with pytest.raises(ValueError, match=r"only #sha256=\.\.\. may follow the path"):
        zoo.load(f"{packed.as_uri()}#{digest}")
    # A file of such a name is itself.
    named = tmp_path / f"model#sha256={other}"
    shutil.copytree(exported.path("gan"), named)
    assert_the_model(str(named), exported)


def test_an_archive_that_is_exchanged_once_it_was_checked(exported, packed, tmp_path, monkeypatch):
    """What is unpacked is what the sha256 was of."""
    path, real = tmp_path / "gan.tar.gz", manifest.sha256
    path.write_bytes(packed.read_bytes())

    def check_and_exchange(file):
        found = real(file)
        path.write_bytes(b"another archive")
        return found

    monkeypatch.setattr(manifest, "sha256", check_and_exchange)
    (tmp_path / "folder").mkdir()
    handles.fetch(f"{path}#sha256={real(packed)}", tmp_path / "folder")
    assert path.read_bytes() == b"another archive"
    assert (tmp_path / "folder" / "saved_model.pb").read_bytes() == (exported.path("gan") / "saved_model.pb").read_bytes()


def test_an_archive_that_python_made(exported, tmp_path):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as made:
        made.add(exported.path("gan"), ".")
    assert_the_model(tmp_path / "model.tar.gz", exported)


def test_export_writes_an_archive(exported, tmp_path):
    assert set(export(exported.model("gan"), tmp_path / "runs" / "gan.tar.gz")) == families.ENDPOINTS["gan"]
    assert os.listdir(tmp_path / "runs") == ["gan.tar.gz"]
    assert_the_model(tmp_path / "runs" / "gan.tar.gz", exported)
    with pytest.raises(FileExistsError, match="exists already"):
        export(exported.model("gan"), tmp_path / "runs" / "gan.tar.gz")
    export(exported.model("gan"), tmp_path / "runs" / "gan.tar.gz", overwrite=True)
    assert_the_model(tmp_path / "runs" / "gan.tar.gz", exported)


def test_a_download_is_kept(exported, server, cache):
    assert_the_model(server.handle, exported)
    assert os.listdir(cache) == [f"{server.handle.partition('=')[2]}.tar.gz"]
    assert_the_model(server.handle, exported)
    assert server.asked == 1


def test_a_damaged_download_is_fetched_again(exported, server, cache):
    zoo.load(server.handle)
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert_the_model(server.handle, exported)
    assert server.asked == 2


def test_another_archive_than_asked_for(server, cache, packed):
    other = server.handle[:-1] + ("0" if server.handle[-1] != "0" else "1")
    with pytest.raises(ValueError, match=f"is not the archive it should be: its sha256 is {manifest.sha256(packed)}"):
        zoo.load(other)
    assert os.listdir(cache) == []


def test_a_url_says_which_archive_it_is(server, cache):
    for fragment in ("", "#", "#sha256=", "#sha256=abc", f"#sha256={'A' * 64}", f"#md5={'0' * 32}"):
        with pytest.raises(ValueError, match="say which archive it must be"):
            zoo.load(f"{server.address}/gan.tar.gz{fragment}")
    assert server.asked == 0
    assert not cache.exists()


@pytest.mark.parametrize(
    ("handle", "error", "reason"),
    [
        ("{server}/missing.tar.gz#sha256=" + "0" * 64, OSError, "cannot be downloaded: File not found"),
        ("http://127.0.0.1:9/a.tar.gz#sha256=" + "0" * 64, OSError, "cannot be downloaded: .*refused"),
        ("{server}/model#sha256=" + "0" * 64, ValueError, r"only .tar.gz archives are downloaded"),
        ("{server}/model.keras#sha256=" + "0" * 64, ValueError, r"only .tar.gz archives are downloaded"),
        ("ftp://host/a.tar.gz", ValueError, "no ftp:// handles"),
        ("gs://bucket/model", ValueError, "no gs:// handles"),
        ("file://relative/model", ValueError, "the path must be absolute"),
        ("no_such_model", FileNotFoundError, "there is no such folder, file, or pretrained model"),
    ],
)
def test_what_is_no_handle(server, cache, handle, error, reason):
    with pytest.raises(error, match=reason) as caught:
        zoo.load(handle.format(server=server.address))
    assert "\n" not in str(caught.value)
    assert not cache.exists() or os.listdir(cache) == []


ANSWERS = {
    "too many headers": b"HTTP/1.0 200 OK\r\n" + b"".join(b"X-%d: 0\r\n" % i for i in range(200)) + b"\r\n",
    "a line that is too long": b"HTTP/1.0 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "nothing": b"",
    "an end too early": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc",
    "a chunk of no size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a redirection to itself": b"HTTP/1.0 302 Found\r\nLocation: /a.tar.gz\r\n\r\n",
    "a redirection to a file": b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_server_that_answers_with(answer, cache):
    with answering(ANSWERS[answer]) as address, pytest.raises(OSError, match=r"cannot be downloaded: .") as caught:
        zoo.load(f"{address}/a.tar.gz#sha256={'0' * 64}")
    assert "\n" not in str(caught.value)
    assert os.listdir(cache) == []


@pytest.mark.parametrize("host", ["127.0.0.1:port", "a" * 70, "127.0.0.1:99999", "a b"])
def test_a_host_that_cannot_be(host, cache):
    with pytest.raises((OSError, ValueError)) as caught:
        zoo.load(f"http://{host}/a.tar.gz#sha256={'0' * 64}")
    assert "\n" not in str(caught.value)


def test_a_download_is_read_to_its_end_but_no_more_than_a_model_may_have(monkeypatch):
    asked, content = [], os.urandom(1_000)
    monkeypatch.setattr(
        handles.urllib.request, "urlopen", lambda address, timeout: asked.append((address, timeout)) or io.BytesIO(content)
    )
    monkeypatch.setattr(archive, "CHUNK", 300)
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000)
    handles._read("there", whole := io.BytesIO())
    assert whole.getvalue() == content
    monkeypatch.setattr(archive, "MAX_BYTES", 999)
    with pytest.raises(ValueError, match=r"^there has more than 999 bytes$"):
        handles._read("there", cut := io.BytesIO())
    assert len(cut.getvalue()) <= 999
    assert asked == [("there", handles.SECONDS)] * 2


def test_a_folder_has_no_more_files_than_a_model_may_have(tmp_path, monkeypatch):
    """They may lie deep in it."""
    model = tmp_path / "model"
    contents = {"saved_model.pb": "program", "a/b/one": "1", "a/b/other": "2"}
    for name, content in contents.items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text(content)
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    (tmp_path / "private").mkdir()
    handles.fetch(model, tmp_path / "private")
    assert {name: (tmp_path / "private" / name).read_text() for name in manifest.files(tmp_path / "private")} == contents
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match=r"/model holds 3 files, more than any model has$"):
        handles.fetch(model, tmp_path / "other")
    assert manifest.files(tmp_path / "other") == []


def test_what_is_no_plain_file_does_not_stay_open(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    held = os.open(tmp_path / "pipe", os.O_RDWR)  # somebody writes into it: nobody waits for that
    opened = []
    for _ in range(2):
        with pytest.raises(ValueError, match=r"/pipe is no plain file; a model consists of plain files$"):
            handles._opened(tmp_path / "pipe")
        opened.append(len(os.listdir("/proc/self/fd")))
    os.close(held)
    assert opened[0] == opened[1]


def test_an_archive_of_something_else(tmp_path):
    (tmp_path / "folder" / "model").mkdir(parents=True)
    (tmp_path / "folder" / "model" / "saved_model.pb").write_text("x")
    archive.pack(tmp_path / "folder", tmp_path / "model.tar.gz")
    with pytest.raises(ValueError, match=r"is no model: it holds no saved_model\.pb at its top"):
        zoo.load(tmp_path / "model.tar.gz")
    (tmp_path / "other.tar.gz").write_text("no archive")
    with pytest.raises(ValueError, match=r"other\.tar\.gz: the archive is damaged"):
        zoo.load(tmp_path / "other.tar.gz")


def _fetch(handle, folder):
    """What a process does that loads a model, without TensorFlow's part of it."""
    pathlib.Path(folder).mkdir()
    handles.fetch(handle, pathlib.Path(folder))
    manifest.verify(folder)
    return sorted(os.listdir(folder))


def test_several_threads_fetch_one_archive(server, cache, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: _fetch(server.handle, tmp_path / str(number)), range(8)))
    assert found == [found[0]] * 8
    assert [path.suffix for path in cache.iterdir()] == [".gz"]


@pytest.mark.slow  # each process starts TensorFlow
def test_several_processes_fetch_one_archive(server, cache, tmp_path):
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(3, mp_context=context) as pool:
        found = list(pool.map(_fetch, [server.handle] * 6, [tmp_path / str(number) for number in range(6)]))
    assert found == [found[0]] * 6
    assert [path.suffix for path in cache.iterdir()] == [".gz"]


# The index of pretrained models.


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "pretrained")
    return tmp_path / "pretrained"


def test_a_name_of_the_index(exported, packed, index):
    assert pretrained.index() == {}
    pretrained.add("small_gan", packed, "A small GAN.")
    assert pretrained.index() == {
        "small_gan": {"sha256": manifest.sha256(packed), "bytes": packed.stat().st_size, "summary": "A small GAN."}
    }
    assert_the_model("small_gan", exported)
    with pytest.raises(FileNotFoundError, match=r"pretrained model \(small_gan\)"):
        zoo.load("./small_gan")


def test_an_archive_that_is_not_the_indexs(packed, index):
    pretrained.add("small_gan", packed, "A small GAN.")
    (index / "small_gan.tar.gz").write_bytes(packed.read_bytes() + b"x")
    with pytest.raises(ValueError, match="is not the archive it should be"):
        zoo.load("small_gan")


def test_limits_of_the_index(packed, index, monkeypatch):
    size = packed.stat().st_size
    for limit, name in ((size - 1, "MAX_BYTES"), (2 * size - 1, "MAX_BYTES_OF_ALL")):
        with monkeypatch.context() as patched:
            patched.setattr(pretrained, name, limit)
            with pytest.raises(ValueError, match="a pretrained model has at most"):
                pretrained.add("one" if name == "MAX_BYTES" else "two", packed, "Too much.")
        pretrained.add("one", packed, "Enough.")
    # Replaced, it does not count twice; and it may have as many bytes as there may be.
    monkeypatch.setattr(pretrained, "MAX_BYTES_OF_ALL", size)
    monkeypatch.setattr(pretrained, "MAX_BYTES", size)
    pretrained.add("one", packed, "Once more.")
    assert set(pretrained.index()) == {"one"}
    for name in ("", "Upper", "../up", "a/b", "2d"):
        with pytest.raises(ValueError, match="lower-case letters"):
            pretrained.add(name, packed, "A bad name.")
