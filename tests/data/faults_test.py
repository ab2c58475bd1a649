"""Every kind of unreadable picture is named once and replaced, up to a stated share; the replacement is the same each time."""

import resource
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

import zoo.config
import zoo.data
from zoo.data import faults, pictures
from zoo.data.dataset import Split

COUNT = 10


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def huge(path, width=100_000, height=100_000):
    """A PNG of some 60 bytes whose header promises so many pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


DAMAGE = {
    "truncated": truncated,
    "flipped": flipped,
    "empty": lambda path: path.write_bytes(b""),
    "random": lambda path: path.write_bytes(np.random.RandomState(0).bytes(300)),
    "text": lambda path: path.write_text("<html>404</html>"),
    "huge": huge,
    "program": lambda path: path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
    "float": lambda path: Image.new("F", (4, 4)).save(path, format="TIFF"),
}


def folder(path, damaged=(), how="empty", suffix="png"):
    """A folder of COUNT one-coloured pictures, 0 ... 9, some of them damaged."""
    (path / "train").mkdir(parents=True)
    for number in range(COUNT):
        file = path / "train" / f"{number}.{suffix}"
        Image.new("RGB", (12, 12), (number, 0, 0)).save(file)
        if number in damaged:
            DAMAGE[how](file)
    return path


def load(path, **options):
    data = {"name": "image_folder", "folder": str(path), "image_size": 4, "validation_fraction": 0.0} | options
    return zoo.data.load(zoo.config.experiment(data=data, model={}, training={}).data)


def reds(dataset, split):
    return [int(dataset.splits[split].read(i)[0, 0, 0]) for i in range(dataset.size(split))]


@pytest.mark.parametrize("how", DAMAGE)
def test_the_next_picture_takes_the_place_of_an_unreadable_one(how, tmp_path, caplog):
    whole, damaged = load(folder(tmp_path / "whole")), load(folder(tmp_path / "a", (3, 4), how), max_unreadable=0.3)
    for split in ("train", "test"):
        right = reds(whole, split)
        kept = [red for red in right if red not in (3, 4)]
        # The next in the order of the same split, around its end.
        assert reds(damaged, split) == [
            next(red for red in right[i:] + right[:i] if red in kept) for i in range(len(right)) if kept
        ]
    named = [record.message for record in caplog.records if "takes its place" in record.message]
    assert len(named) == len(set(named)) == 2
    assert all(message.startswith("cannot decode ") for message in named)


def test_above_the_stated_share_it_stops_and_names_some(tmp_path):
    path = folder(tmp_path, range(1, 8))
    with pytest.raises(
        zoo.config.ConfigError, match=r"^config\.data\.max_unreadable: 7 of 10 pictures checked cannot"
    ) as refused:
        load(path)
    assert str(refused.value).count(".png") == faults.NAMED
    assert "\n" not in str(refused.value)


def test_more_that_turn_up_while_reading_stop_it(tmp_path, monkeypatch):
    monkeypatch.setattr(faults, "CHECKED", 0)
    dataset = load(folder(tmp_path, range(1, 9)), max_unreadable=0.5)
    with pytest.raises(Exception, match="max_unreadable"):
        list(dataset.batches("train", 1, seed=0, steps=dataset.size("train")))
    assert isinstance(dataset.failure, zoo.config.ConfigError)
    assert "pictures of the train split cannot be decoded" in str(dataset.failure)


def test_a_substitute_comes_from_the_same_split(tmp_path):
    """Held-out examples stay out of training, whatever is damaged."""
    read = {}
    whole = load(folder(tmp_path / "whole"), validation_fraction=0.3)
    for bad in reds(whole, "train") + reds(whole, "validation"):  # of the one test picture there is no other
        dataset = load(folder(tmp_path / str(bad), (bad,)), max_unreadable=0.9, validation_fraction=0.3)
        for split in dataset.splits:
            read.setdefault(split, set()).update(reds(dataset, split))
    assert sum(map(len, read.values())) == COUNT


def test_a_file_that_is_gone_is_no_damage(tmp_path):
    path = folder(tmp_path)
    split = Split(read=lambda index: pictures.decode(path / "train" / "gone.png", "gone"), size=3)
    with pytest.raises(FileNotFoundError):
        faults.tolerated({"train": split}, 0.9)


@pytest.mark.parametrize(("side", "reason"), [(2**13, "trunc"), (2**13 + 1, r"its 8192 x 8193 pixels are more than 67108864$")])
def test_more_than_2_to_the_26_pixels_are_refused_before_they_are_decoded(side, reason, tmp_path):
    """Pillow's own limit, at which it only warns, is higher by a third."""
    huge(tmp_path / "a.png", 2**13, side)
    with pytest.raises(pictures.UnreadablePicture, match=reason):
        pictures.decode(tmp_path / "a.png", "a")


def test_a_picture_that_is_a_program_is_not_run(tmp_path, monkeypatch):
    """Pillow hands EPS to Ghostscript; here it is a program that leaves a mark."""
    mark, program = tmp_path / "mark", tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)  # where Pillow keeps what it found before
    DAMAGE["program"](tmp_path / "a.png")
    with pytest.raises(pictures.UnreadablePicture):
        pictures.decode(tmp_path / "a.png", "a")
    assert not mark.exists()


def test_a_huge_header_costs_no_memory(tmp_path):
    """In a process that may have no more than the memory of what is imported, and 200 MB."""
    huge(tmp_path / "a.png")
    program = f"""
import resource
from zoo.data import pictures
used = int(open("/proc/self/statm").read().split()[0]) * {resource.getpagesize()}
resource.setrlimit(resource.RLIMIT_AS, (used + 200 * 2**20,) * 2)
try:
    pictures.decode({str(tmp_path / "a.png")!r}, "huge", (4, 4))
except pictures.UnreadablePicture as error:
    print(error)
"""
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.startswith("cannot decode huge: ")


def test_one_of_the_same_class_takes_the_place_of_an_unreadable_one(tmp_path):
    """Pictures 0, 2, 4 ... are of class a, the others of class b; what stands for 2 and 3 is the next of their class."""
    for number in range(8):
        file = tmp_path / "train" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (number, 0, 0)).save(file)
        if number in (2, 3):
            file.write_bytes(b"no picture")
    dataset = load(tmp_path, max_unreadable=0.3, validation_fraction=0.0)
    for split in dataset.splits:
        found = reds(dataset, split)
        assert not {2, 3} & {*found}
        assert [red % 2 for red in found] == dataset.labels(split).tolist()
