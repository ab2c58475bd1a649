"""The manifest: what it lists, and what is not taken for one."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo.export import manifest

GOOD = {"format": 1, "files": {"a": {"bytes": 3, "sha256": "0" * 64}}}
FUZZED = settings(max_examples=200, deadline=None, derandomize=True)
THOROUGH = settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))


def text(files=None, **changes):
    return json.dumps(GOOD | ({"files": files} if files is not None else {}) | changes).encode()


def test_the_digest_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    manifest.write(tmp_path)
    files = json.loads((tmp_path / manifest.NAME).read_text())["files"]
    # The first test vector of FIPS 180-2.
    assert files == {"a": {"bytes": 3, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}
    manifest.verify(tmp_path)


def test_it_does_not_list_itself(tmp_path):
    manifest.write(tmp_path)
    once = (tmp_path / "manifest.json").read_text()
    manifest.write(tmp_path)
    assert (tmp_path / "manifest.json").read_text() == once
    manifest.verify(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        text().ljust(manifest.MAX_BYTES + 1),
        text(format=2),
        text(format="1"),
        text(files=[]),
        text(files={"a": 3}),
        text(files={"a": {"bytes": 3}}),
        text(files={"a": {"bytes": 3.0, "sha256": "0" * 64}}),
        text(files={"a": {"bytes": True, "sha256": "0" * 64}}),
        text(files={"a": {"bytes": -1, "sha256": "0" * 64}}),
        text(files={"a": {"bytes": 3, "sha256": "0" * 63}}),
        text(files={"a": {"bytes": 3, "sha256": "0" * 64 + "\n"}}),
        text(files={"a": {"bytes": 3, "sha256": "A" * 64}}),
        text(files={"a": {"bytes": 3, "sha256": None}}),
        text(files={"a": {"bytes": 3, "sha256": "0" * 64, "mode": 7}}),
    ],
)
def test_what_is_no_manifest(content):
    with pytest.raises(ValueError, match=r"manifest\.json ") as caught:
        manifest.parse(content)
    assert "\n" not in str(caught.value)


def test_files_are_those_that_were_listed_and_no_others(tmp_path):
    """Of a manifest with as many bytes as there may be; one of the files is empty."""
    for name, content in (("a", b"abc"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
    manifest.write(tmp_path)
    written = (tmp_path / manifest.NAME).read_bytes()
    (tmp_path / manifest.NAME).write_bytes(written.ljust(manifest.MAX_BYTES))
    manifest.verify(tmp_path)
    (tmp_path / "a").write_bytes(b"abd")
    with pytest.raises(ValueError, match=r"^a is not the file that manifest\.json describes$"):
        manifest.verify(tmp_path)
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "more").write_bytes(b"")
    with pytest.raises(ValueError, match=r"^more is not in manifest\.json; remove the file, or export the model again$"):
        manifest.verify(tmp_path)


def test_a_manifest_that_points_elsewhere(tmp_path):
    """It is compared with the files that are there, so it cannot name others."""
    (tmp_path / "secret").write_text("abc")
    (tmp_path / "model").mkdir()
    entry = json.loads(text())["files"]["a"]
    (tmp_path / "model" / manifest.NAME).write_bytes(text(files={"../secret": entry}))
    with pytest.raises(ValueError, match=r"\.\./secret is missing"):
        manifest.verify(tmp_path / "model")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=8,
)
NEARLY = st.builds(
    lambda files, form: json.dumps({"format": form, "files": files}).encode(),
    st.dictionaries(
        st.text(max_size=8),
        st.fixed_dictionaries({"bytes": st.integers() | JSON, "sha256": st.from_regex("[0-9a-f]{62,66}") | JSON}) | JSON,
        max_size=3,
    )
    | JSON,
    st.just(1) | JSON,
)
ANYTHING = st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()) | NEARLY


def assert_parsed_or_refused(content):
    try:
        files = manifest.parse(content)
    except ValueError:
        return
    for name, entry in files.items():
        assert isinstance(name, str)
        assert type(entry["bytes"]) is int
        assert entry["bytes"] >= 0
        assert len(entry["sha256"]) == 64
        assert int(entry["sha256"], 16) >= 0


@FUZZED
@given(ANYTHING)
def test_anything(content):
    assert_parsed_or_refused(content)


@pytest.mark.slow  # twenty thousand manifests, other ones each time
@THOROUGH
@given(ANYTHING)
def test_many_of_anything(content):
    assert_parsed_or_refused(content)
