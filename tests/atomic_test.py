"""A file is seen as it was or as it is to be, never a part, whatever ends the writer."""

import os
import signal
import stat

import pytest

from zoo import atomic


def test_a_file_takes_the_place_of_the_old_one_at_the_end(tmp_path):
    path = tmp_path / "file"
    atomic.write(path, "old, and longer")
    with atomic.file(path) as file:
        file.write(b"new")
        assert path.read_text() == "old, and longer"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_exception_leaves_what_was_there_and_nothing_else(tmp_path):
    atomic.write(tmp_path / "file", "old")
    for path in (tmp_path / "file", tmp_path / "other"):
        with pytest.raises(TypeError, match="bytes-like"), atomic.file(path) as file:
            file.writelines([b"half", "no bytes"])
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_it_has_the_rights_of_a_new_file(tmp_path):
    (tmp_path / "plain").touch()
    atomic.write(tmp_path / "file", "")
    assert len({stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}) == 1


def test_a_link_stays_one_and_leads_to_what_was_written(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    for text in ("first", "second"):
        atomic.write(tmp_path / "link", text)
        assert (tmp_path / "there" / "file").read_text() == text
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["file"]


def test_a_pipe_is_written_to_and_a_device_stays_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    atomic.write(tmp_path / "pipe", "content")
    assert os.read(reading, 100) == b"content"
    os.close(reading)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    reading, writing = os.pipe()  # as /dev/stdout is, before another program
    atomic.write(f"/dev/fd/{writing}", "content")
    assert os.read(reading, 100) == b"content"
    os.close(reading)
    os.close(writing)
    atomic.write("/dev/null", "content")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_file_of_somebody_else_is_not_replaced_by_one_of_a_program(tmp_path):
    atomic.check_written_by("tools.study", tmp_path / "README.md")
    atomic.write_marked("tools.study", tmp_path / "README.md", "# Study\n")
    atomic.check_written_by("tools.study", tmp_path / "README.md")
    for writer, text in (("tools.gallery", None), ("tools.study", "mine")):
        if text:
            (tmp_path / "README.md").write_text(text)
        with pytest.raises(ValueError, match=rf"README.md was not written by {writer}, which would replace it; give another"):
            atomic.check_written_by(writer, tmp_path / "README.md")


def test_what_others_are_writing_is_not_swept(tmp_path):
    (tmp_path / ".partial-1").touch()
    atomic.sweep(tmp_path, older_than=60)
    assert [path.name for path in tmp_path.iterdir()] == [".partial-1"]
    os.utime(tmp_path / ".partial-1", (0, 0))
    atomic.sweep(tmp_path, older_than=60)
    assert not list(tmp_path.iterdir())


def test_the_longest_name_can_be_written(tmp_path):
    atomic.write(tmp_path / ("n" * 255), "content")
    assert len(list(tmp_path.iterdir())) == 1


def killed_while_writing(path):
    """A process of its own that dies with half of a file and of a folder written."""
    if (child := os.fork()) == 0:
        with atomic.folder_beside(path), atomic.file(path) as file:
            file.write(b"half")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def test_a_writer_that_is_killed_leaves_what_was_there_and_what_is_swept(tmp_path):
    path = tmp_path / "file"
    atomic.write(path, "old")
    killed_while_writing(path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 3
    atomic.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_has_nothing_to_sweep(tmp_path):
    atomic.sweep(tmp_path / "none")
    assert not list(tmp_path.iterdir())
