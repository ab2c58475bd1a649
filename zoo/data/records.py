"""Random access to the records of TFRecord files."""

import mmap
import struct

import numpy as np

# A record is its length (uint64), 4 bytes of checksum, the data, 4 bytes of checksum.
_HEADER, _FOOTER = 12, 4


class Records:
    """The records of several files, in the order of the files."""

    def __init__(self, paths):
        """Reads the length of every record.

        Raises:
          OSError, ValueError: for a missing or cut off file, naming it.
        """
        self._paths = [str(path) for path in paths]
        places = [_places(path) for path in self._paths]
        self._file = np.repeat(np.arange(len(places)), [len(place) for place in places])
        self._place = np.concatenate(places)

    def __len__(self):
        return len(self._file)

    def __getitem__(self, index):
        """One record, as bytes."""
        offset, length = self._place[index]
        with open(self._paths[self._file[index]], "rb") as file:
            file.seek(offset)
            return file.read(length)


def _places(path):
    """int64 [records, 2]: where the data of each record begin, and their length."""
    places = []
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        position = 0
        while position < len(content):
            length = struct.unpack_from("<Q", content, position)[0] if position + _HEADER <= len(content) else len(content)
            if position + _HEADER + length + _FOOTER > len(content):
                raise ValueError(f"{path} is cut off after {len(places)} records")
            places.append((position + _HEADER, length))
            position += _HEADER + length + _FOOTER
    return np.array(places, np.int64).reshape(-1, 2)
