"""Archives: the same bytes for the same files, and nothing but plain files inside of the folder come out."""

import contextlib
import gzip
import io
import os
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo.export import archive

FUZZED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
THOROUGH = settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))


def entry(name, kind=tarfile.REGTYPE, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*entries, form=tarfile.USTAR_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as made:
        for info, content in entries:
            made.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def unpack(folder, raw, packed=True):
    """What comes out of these bytes: name -> content."""
    (folder / "archive").write_bytes(gzip.compress(raw, 1) if packed else raw)
    (folder / "inside").mkdir()
    archive.unpack(folder / "archive", folder / "inside")
    return {
        path.relative_to(folder / "inside").as_posix(): path.read_bytes()
        for path in (folder / "inside").rglob("*")
        if path.is_file()
    }


def test_what_was_packed_comes_out(tmp_path):
    """Long names stand in plain headers too."""
    long_name = "variables/" + "/".join("a" * 60 for _ in range(3))
    (tmp_path / "model" / long_name).parent.mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_bytes(os.urandom(3_000))
    for name in ("variables/empty", long_name):
        (tmp_path / "model" / name).write_bytes(b"")
    archive.pack(tmp_path / "model", tmp_path / "packed")
    assert b" path=" not in gzip.decompress((tmp_path / "packed").read_bytes())
    (tmp_path / "inside").mkdir()
    archive.unpack(tmp_path / "packed", tmp_path / "inside")
    for name in ("saved_model.pb", "variables/empty", long_name):
        assert (tmp_path / "inside" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()


def test_a_file_may_lie_in_folders_of_which_nothing_is_said(tmp_path):
    assert unpack(tmp_path, tar(entry("a/b/c/file", content=b"content"))) == {"a/b/c/file": b"content"}


def test_the_same_files_give_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("content")
        archive.pack(tmp_path / name, tmp_path / f"{name}.tar.gz")
        os.utime(tmp_path / name / "a", (1, 1))
        (tmp_path / name / "a").chmod(0o600)
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "other.tar.gz").read_bytes()
    assert (tmp_path / "one.tar.gz").read_bytes()[4:8] == bytes(4)  # RFC 1952: no time


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_what_tar_writes_of_a_folder(tmp_path, form):
    made = tar(
        entry("./", tarfile.DIRTYPE),
        entry("./variables/", tarfile.DIRTYPE),
        entry("./saved_model.pb", content=b"a" * 513),
        entry("variables/x", content=b"b"),
        form=form,
    )
    assert unpack(tmp_path, made) == {"saved_model.pb": b"a" * 513, "variables/x": b"b"}


HUGE = 1 << 60
BAD = {
    "an absolute path": [entry("/etc/passwd", content=b"x")],
    "a path out of the folder": [entry("../stolen", content=b"x")],
    "a path out of the folder later": [entry("a/../../stolen", content=b"x")],
    "a path that stays but has ..": [entry("a/../b", content=b"x")],
    "a path with a single dot": [entry("a/./b", content=b"x")],
    "an empty name": [entry("", content=b"x")],
    "two slashes": [entry("a//b", content=b"x")],
    "a backslash": [entry("..\\stolen", content=b"x")],
    "a drive": [entry("C:stolen", content=b"x")],
    "a home": [entry("~/stolen", content=b"x")],
    "a line break": [entry("a\nb", content=b"x")],
    "a folder outside": [entry("../outside/", tarfile.DIRTYPE)],
    "a symbolic link": [entry("link", tarfile.SYMTYPE, linkname="/etc")],
    "a link, and a file through it": [entry("link", tarfile.SYMTYPE, linkname="/etc"), entry("link/passwd", content=b"x")],
    "a hard link": [entry("link", tarfile.LNKTYPE, linkname="../secret")],
    "a character device": [entry("device", tarfile.CHRTYPE, devmajor=1, devminor=5)],
    "a block device": [entry("device", tarfile.BLKTYPE)],
    "a pipe": [entry("pipe", tarfile.FIFOTYPE)],
    "a contiguous file": [entry("file", tarfile.CONTTYPE)],
    "a sparse file": [entry("file", tarfile.GNUTYPE_SPARSE)],
    "a file twice": [entry("a", content=b"1"), entry("a", content=b"2")],
    "a file twice where case does not count": [entry("a", content=b"1"), entry("A", content=b"2")],
    "a file that is a folder too": [entry("a", content=b"1"), entry("a/b", content=b"2")],
    "a folder that is a file too": [entry("a/b", content=b"1"), entry("a", content=b"2")],
    "too many files": [entry(f"file{i}") for i in range(archive.MAX_FILES + 1)],
}


@pytest.mark.parametrize("what", BAD)
def test_refused_is(what, tmp_path):
    (tmp_path / "secret").write_text("known")
    with pytest.raises(ValueError, match="the archive ") as caught:
        unpack(tmp_path, tar(*BAD[what]))
    assert "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"archive", "inside", "secret"}
    assert not any(path.is_symlink() for path in (tmp_path / "inside").rglob("*"))


def test_what_pythons_tarfile_writes_of_a_folder(tmp_path):
    """By default it uses extended headers, for the fractions of a second of each file's time."""
    long_name = "variables/" + "/".join("a" * 60 for _ in range(3))
    contents = {"saved_model.pb": b"a" * 513, long_name: b"b"}
    for name, content in contents.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(content)
        os.utime(tmp_path / "model" / name, (1.5, 1.25))
    with tarfile.open(tmp_path / "made.tar", "w") as made:
        made.add(tmp_path / "model", ".")
    raw = (tmp_path / "made.tar").read_bytes()
    assert b"mtime=1.25" in raw
    assert b"path=" in raw
    assert unpack(tmp_path, raw) == contents


def test_a_header_for_all_entries_names_none(tmp_path):
    """What git archive writes: a comment. It may be empty, or as long as it may be."""
    longest = f"{archive.MAX_EXTENDED} comment=".encode().ljust(archive.MAX_EXTENDED - 1, b"a") + b"\n"
    made = b"".join(extended(records, tarfile.XGLTYPE) for records in ({"comment": "0123abc"}, b"", longest))
    assert unpack(tmp_path, made + tar(entry("a", content=b"x"))) == {"a": b"x"}


def extended(records, kind=tarfile.XHDTYPE):
    """An extended header: {keyword: value}, or the bytes of its records."""
    content = records
    if isinstance(records, dict):
        content = b""
        for keyword, value in records.items():
            rest = f" {keyword}={value}\n".encode()
            length = next(n for n in range(len(rest), 1_000) if n == len(rest) + len(str(n)))
            content += str(length).encode() + rest
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, len(content)
    return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (extended({"path": "../stolen"}), r"'../stolen', a path that leads out"),
        (extended({"path": "/etc/passwd"}), "'/etc/passwd', a path that leads out"),
        (extended({"path": "a\0b"}), "odd characters"),
        (extended({"path": "a", "linkpath": "/etc/passwd"}), "extended header with 'linkpath', which is not taken"),
        (extended({"size": "10"}), "extended header with 'size'"),
        (extended({"GNU.sparse.name": "a"}), "extended header with 'GNU.sparse.name'"),
        (extended({"path": "b"}, tarfile.XGLTYPE), "extended header with 'path'"),
        (extended({"hdrcharset": "BINARY"}), "extended header with 'hdrcharset'"),
        (extended(b"5 a=b\n"), "not in the form of POSIX"),
        (extended(b"99 mtime=1\n"), "not in the form of POSIX"),
        (extended(b"0 mtime=1\n"), "not in the form of POSIX"),
        (extended(b"mtime=1\n"), "not in the form of POSIX"),
        (extended(b"9 mtime1\n"), "not in the form of POSIX"),
        (extended(b"1000000000000 mtime=1\n"), "not in the form of POSIX"),
        (extended(bytes(archive.MAX_EXTENDED + 1)), "an extended header of 65"),
        (extended({"mtime": "1"}) * (archive.MAX_FILES + 1), "extended headers, one after the other"),
        (extended({"mtime": "1"})[:-20], "is damaged"),
    ],
)
def test_extended_headers_that_are_refused(tmp_path, header, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        unpack(tmp_path, header + tar(entry("a", content=b"x")))
    assert "\n" not in str(caught.value)


def header(size, name="file", kind=tarfile.REGTYPE):
    """The header of an entry that says it has a size, which need not be true."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (header(archive.MAX_BYTES + 1), "more than"),
        (header(HUGE), "more than"),
        (header(-512) + bytes(1024), "-512 bytes"),
        (header(1024, "folder", tarfile.DIRTYPE) + bytes(2048), "'folder' has 1024 bytes"),
        (header(10) + b"short", "ends too early"),
        (header(0)[:100], "ends too early"),
        (header(0), "ends too early"),
        (b"", "ends too early"),
        (b"x" * 1024, "is damaged: invalid header"),
        (bytes(1024) + b"more", "after its end"),
        (bytes(8 << 20), "after its end"),
    ],
)
def test_sizes_and_ends(tmp_path, raw, reason):
    with pytest.raises(ValueError, match=reason):
        unpack(tmp_path, raw)


def test_sizes_add_up(tmp_path, monkeypatch):
    """A bomb: each file is small enough. As many bytes as there may be are taken."""
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000)
    (tmp_path / "whole").mkdir()
    assert len(unpack(tmp_path / "whole", tar(*(entry(f"file{i}", content=bytes(250)) for i in range(4))))) == 4
    with pytest.raises(ValueError, match="more than"):
        unpack(tmp_path, tar(*(entry(f"file{i}", content=bytes(300)) for i in range(4))))
    assert sum(path.stat().st_size for path in (tmp_path / "inside").iterdir()) <= 1_000


def test_the_compression_is_checked(tmp_path):
    """At the end of the archive, and within a file."""
    packed = gzip.compress(tar(entry("a", content=b"content")))
    short = gzip.compress(header(5_000) + b"short")
    wrong = (packed[:-8] + bytes(8), short[:-8] + bytes(8))
    for number, damaged in enumerate((packed[:-5], *wrong, b"PK" + packed[2:], packed + b"more")):
        (tmp_path / str(number)).mkdir()
        with pytest.raises(ValueError, match="the archive is damaged"):
            unpack(tmp_path / str(number), damaged, packed=False)


# Fuzzing: whatever comes in, either ValueError or plain files below the folder come out.


def assert_harmless(folder, raw, packed):
    with contextlib.suppress(ValueError):
        unpack(folder, raw, packed)
    assert {path.name for path in folder.iterdir()} <= {"archive", "inside"}
    for path in (folder / "inside").rglob("*"):
        assert path.is_dir() or path.is_file()
        assert not path.is_symlink()


NAMES = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(["..", ".", "a", "b", "", "/", "\\", "\0", "saved_model.pb"]), max_size=5).map("/".join),
)
KINDS = st.sampled_from([bytes([kind]) for kind in b"\x000123456 7LKxgSADMNVX"])


@st.composite
def archives(draw):
    """Archives that are nearly good: odd names, kinds, sizes and links, cut off and with bytes changed."""
    raw = b""
    for _ in range(draw(st.integers(0, 4))):
        info = tarfile.TarInfo("x")
        info.type = draw(KINDS)
        content = draw(st.binary(max_size=600))
        info.size = draw(st.one_of(st.just(len(content)), st.integers(-(2**63), 2**63)))
        info.linkname = draw(st.sampled_from(["", "/etc/passwd", "../../x", "a"]))
        block = bytearray(info.tobuf(tarfile.GNU_FORMAT)[-tarfile.BLOCKSIZE :])
        block[:100] = draw(NAMES).encode("utf-8", "surrogateescape")[:100].ljust(100, b"\0")
        block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]
        raw += bytes(block) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
    raw += bytes(draw(st.integers(0, 3)) * tarfile.BLOCKSIZE)
    for position in draw(st.lists(st.integers(0, max(len(raw) - 1, 0)), max_size=3)):
        raw = raw[:position] + draw(st.binary(max_size=3)) + raw[position + 1 :]
    return raw


def fuzz(folder, raw, packed):
    number = sum(1 for _ in folder.iterdir())
    (folder / str(number)).mkdir()
    assert_harmless(folder / str(number), raw, packed)


@FUZZED
@given(raw=archives())
def test_archives_that_are_nearly_good(tmp_path, raw):
    fuzz(tmp_path, raw, packed=True)


@FUZZED
@given(raw=st.binary(max_size=2_000), packed=st.booleans())
def test_any_bytes(tmp_path, raw, packed):
    fuzz(tmp_path, raw, packed)


@pytest.mark.slow  # thousands of archives, other ones each time
@THOROUGH
@given(raw=archives())
def test_many_archives(tmp_path, raw):
    fuzz(tmp_path, raw, packed=True)


@pytest.mark.slow  # thousands of archives, other ones each time
@THOROUGH
@given(position=st.integers(0, 10_000), byte=st.binary(min_size=1, max_size=4))
def test_many_changes_of_a_good_archive(tmp_path, position, byte):
    good = gzip.compress(tar(entry("saved_model.pb", content=b"a" * 900), entry("variables/x", content=b"b" * 100)), mtime=0)
    position %= len(good)
    fuzz(tmp_path, good[:position] + byte + good[position + len(byte) :], packed=False)
