"""Writes the golden list of every family's names, shapes and dtypes anew: python -m tests.export.write_contract."""

import json
import pathlib
import tempfile

from tests.export import families
from tests.export.reusable_test import GOLDEN, contract
from zoo.export import export, load


def main():
    """Exports each family, loads it and notes what it offers."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for family in families.MODELS:
            export(families.build(family), pathlib.Path(folder, family))
            found[family] = contract(load(pathlib.Path(folder, family)))
    lines = ",\n".join(f" {json.dumps(family)}: {json.dumps(offered, sort_keys=True)}" for family, offered in found.items())
    GOLDEN.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
