"""A folder of pictures that are decoded each time they are read: what the input pipeline costs before it remembers anything."""

from zoo import config
from zoo.data import Split, pictures


def load(data_dir, *, folder: str, image_size: int):
    """A training split of the JPEG files below `folder`/train."""
    files = sorted((data_dir / folder / "train").rglob("*.jpg"))
    if not files:
        raise config.ConfigError(f"there are no JPEG files below {data_dir / folder / 'train'}; set --data_dir")
    read = lambda index: pictures.decode(files[index], files[index], (image_size, image_size), 3)  # noqa: E731
    return {"train": Split(read=read, size=len(files))}, 256
