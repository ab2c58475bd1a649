"""The commit of the code, and where there is none."""

import subprocess

import pytest

from zoo import machine


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "a.py").write_text("1")
    (tmp_path / "results").write_text("1")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_the_commit_and_whether_the_code_has_changed(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "results").write_text("2")  # what a study writes is no code
    assert machine.commit() == head
    (checkout / "zoo" / "b.py").write_text("1")
    assert machine.commit() == f"{head}+changes"


def test_a_copy_has_no_commit(checkout, monkeypatch):
    monkeypatch.setattr(machine, "_ROOT", checkout / "zoo")
    assert machine.commit() is None
