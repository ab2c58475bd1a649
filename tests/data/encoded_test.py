"""A picture in memory is what it is when it is read alone, whoever decodes it."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.data import encoded, pictures

SHAPE = (6, 8, 3)
NOISE = np.random.RandomState(0).randint(256, size=(*SHAPE[:2], 4)).astype(np.uint8)


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned():
    tags = Image.Exif()
    tags[0x0112] = 6
    return saved(Image.fromarray(NOISE[..., :3]).transpose(Image.Transpose.ROTATE_90), exif=tags)


PICTURES = {
    "colour": saved(Image.fromarray(NOISE[..., :3])),
    "grey": saved(Image.fromarray(NOISE[..., 0])),
    "RGBA": saved(Image.fromarray(NOISE)),
    "a transparent colour": saved(Image.fromarray(NOISE[..., :3]), transparency=tuple(NOISE[2, 3, :3].tolist())),
    "a transparent grey": saved(Image.fromarray(NOISE[..., 0]), transparency=int(NOISE[2, 3, 0])),
    "palette": saved(Image.fromarray(NOISE[..., 0]).convert("P"), transparency=int(NOISE[2, 3, 0])),
    "16 bits": saved(Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257)),
    "JPEG": saved(Image.fromarray(NOISE[..., :3]), "JPEG"),
    "WebP": saved(Image.fromarray(NOISE), "WEBP", lossless=True),
    "turned": turned(),
}


def records(*contents, label=None):
    """A dataset of tf.train.Examples."""

    def example(content):
        features = {"image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))}
        if label is not None:
            features["label"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
        return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

    return tf.data.Dataset.from_tensor_slices([example(content) for content in contents])


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("channels", [1, 3])
def test_all_at_once_is_one_at_a_time(kind, channels):
    shape = (*SHAPE[:2], channels)
    (found,), labels = encoded.everything(records(PICTURES[kind]), "picture", shape, "")
    np.testing.assert_array_equal(found, pictures.decode(io.BytesIO(PICTURES[kind]), "alone", channels=channels))
    assert labels is None


@pytest.mark.parametrize("size", [1, 3])
def test_order_and_labels_are_kept_over_batches(size, monkeypatch):
    monkeypatch.setattr(encoded, "BATCH", size)
    made = [saved(Image.fromarray(NOISE[..., i : i + 3])) for i in (0, 1)] + [PICTURES["RGBA"]]
    found, labels = encoded.everything(records(*made, label=7), "picture", SHAPE, "label")
    np.testing.assert_array_equal(found, [pictures.decode(io.BytesIO(each), "") for each in made])
    np.testing.assert_array_equal(labels, [7, 7, 7])


def test_a_picture_that_cannot_be_decoded_is_named_by_its_place(monkeypatch):
    monkeypatch.setattr(encoded, "BATCH", 2)
    contents = [PICTURES["RGBA"]] * 3 + [b"\x89PNG", PICTURES["RGBA"]]
    with pytest.raises(pictures.UnreadablePicture, match="cannot decode test image 3: "):
        encoded.everything(records(*contents), "test image", SHAPE, "")
    with pytest.raises(pictures.UnreadablePicture, match=r"its shape is \(6, 8, 3\) and not \(8, 6, 3\)"):
        encoded.everything(records(PICTURES["RGBA"]), "test image", (8, 6, 3), "")
