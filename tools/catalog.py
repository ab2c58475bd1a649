"""Lists every part, every config and every study found, one line each from its docstring.

python -m tools.catalog
python -m tools.catalog --pretrained     the models that come with the package
"""

import ast

from absl import flags

from zoo import config_files, registry
from zoo.export import pretrained

from . import binary

PRETRAINED = flags.DEFINE_bool("pretrained", False, "List the pretrained models instead.")


def _summary(path):
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def main(_):
    """Prints the catalogue."""
    if PRETRAINED.value:
        for name, entry in pretrained.index().items():
            print(f"{name:22} {entry['bytes']:>9,} bytes  {entry['summary']}")
        return
    sections = {kind: {name: registry.module_file(kind, name) for name in registry.names(kind)} for kind in registry.KINDS}
    for kind in config_files.FOLDERS:
        sections[kind] = {name: config_files.find(name, kind) for name in config_files.names(kind)}
    for kind, found in sections.items():
        for name, path in found.items():
            print(f"{kind:13} {name:22} {_summary(path)}")


def console():
    """The console script `zoo-catalog`."""
    binary.run(main)


if __name__ == "__main__":
    console()
