"""Random damage to pictures, configs and checkpoints has a defined outcome: a result, or an error of one line."""

import io
import resource

import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

import zoo
from tests.data import properties_test
from tests.robustness.fuzzing import fuzz, outcome
from tests.training import saved
from zoo import config as configs
from zoo.data import pictures


def damaged(contents):
    """Strategy: one of several byte strings with some bytes changed, and perhaps cut off or with a part twice."""
    change = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))
    part = st.tuples(st.floats(0, 1), st.floats(0, 1))
    return st.builds(_damage, st.sampled_from(contents), st.lists(change, max_size=8), st.none() | part, st.floats(0.5, 1.5))


def _damage(content, changes, part, kept):
    content = bytearray(content)
    for place, value in changes:
        content[int(place * len(content))] = value
    if part:
        start, end = sorted(int(p * len(content)) for p in part)
        content[start:start] = content[start:end]
    return bytes(content[: int(kept * len(content))] if kept < 1 else content)


def encoded():
    """A small picture in each kind of file."""
    rng = np.random.RandomState(0)
    colour = Image.fromarray(rng.randint(256, size=(24, 20, 3)).astype(np.uint8))
    deep = Image.fromarray(rng.randint(65536, size=(24, 20)).astype(np.uint16))
    kinds = {"JPEG": ("RGB", "L", "CMYK"), "PNG": ("RGB", "RGBA", "P", "LA", "1"), "WEBP": ("RGB", "RGBA")}
    kinds |= {"GIF": ("P",), "BMP": ("RGB",), "TIFF": ("RGB", "CMYK"), "PPM": ("RGB", "L")}
    files = [(colour.convert(mode), kind) for kind, modes in kinds.items() for mode in modes] + [(deep, "PNG"), (deep, "TIFF")]
    for image, kind in files:
        buffer = io.BytesIO()
        image.save(buffer, kind)
        yield buffer.getvalue()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pictures():
    def check(content):
        channels = 1 + 2 * (len(content) % 2)
        pixels, refusal = outcome(pictures.UnreadablePicture, pictures.decode, io.BytesIO(content), "this", 8, channels)
        assert refusal.startswith("cannot decode this: ") or (pixels.shape, pixels.dtype) == ((8, 8, channels), np.uint8)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fuzz(damaged(list(encoded())), check)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10
    print(f"largest growth of memory: {grown:.0f} MiB")
    assert grown < 2048


def sections():
    """Strategy: experiments of known and unknown fields with values of every kind."""
    default = saved.experiment().to_dict()
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.integers(), max_size=3)
    parts = st.sampled_from(["mlp", "dcgan", "normal", "bernoulli", "vae", "gan", "wasserstein", "digits", "Adam", "mnist"])
    value = st.recursive(
        plain | parts, lambda v: st.dictionaries(st.sampled_from(["name", "scale", "x"]), v, max_size=3), max_leaves=4
    )

    def section(fields):
        return st.dictionaries(st.sampled_from([*fields, "unknown"]), value, max_size=4).map(lambda given: dict(fields) | given)

    return st.fixed_dictionaries({name: section(fields) | value for name, fields in default.items()})


@pytest.mark.slow
def test_configs():
    def check(given):
        config, refusal = outcome(configs.ConfigError, zoo.experiment, **given)
        assert refusal.startswith("config.") or configs.check(config).to_json() == config.to_json()

    fuzz(sections(), check)


@pytest.mark.slow
def test_folders():
    fuzz(
        properties_test.TREES,
        properties_test.test_each_real_file_is_in_one_split_once_or_is_left_out_in_a_line.hypothesis.inner_test,
    )


@pytest.mark.slow
def test_arrays():
    check = properties_test.test_any_array_is_read_in_its_range_or_refused_in_one_line.hypothesis.inner_test
    fuzz(st.tuples(*properties_test.ARRAYS), lambda example: check(*example))


@pytest.mark.slow
def test_checkpoints(tmp_path):
    model = saved.build()
    folder = saved.save_two(model, tmp_path / "checkpoints")
    files = [folder / saved.DATA, folder / saved.INDEX]
    whole = [file.read_bytes() for file in files]

    def check(contents):
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        assert saved.restored(model, folder) in (10, 20)

    fuzz(st.tuples(*[damaged([content]) for content in whole]), check)
