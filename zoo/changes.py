"""A config with some of its fields changed, by a flag or by another config that starts from it; checked again.

    changed(config, {"model.latent_size": 16, "model.objective": "vae", "model.approximators": {}})

A change says where, by a dotted path, and what: a number, a part by its name, or a section as a dictionary, which takes the
place of the whole section. What a change makes stale goes with it: where a part is named, the options of the part before it
that the new one lacks; where a network goes, its optimizer.
"""

import copy

from zoo import config as configs


def changed(config, changes):
    """The experiment with some fields changed.

    Args:
      config: what `zoo.experiment` returns.
      changes: {dotted path: value}; in any order, but that of two with the same path the last counts.

    Returns:
      An ml_collections.ConfigDict of its own.

    Raises:
      ConfigError: one line, naming the field.
    """
    sections = configs.plain(config)
    # A part before its options, whatever the order they are given in.
    for path, value in sorted(changes.items(), key=lambda change: change[0].count(".")):
        _set(sections, path.split("."), configs.plain(value) if hasattr(value, "items") else copy.copy(value))
    for path, value in changes.items():
        named = path.removesuffix(".name")
        if isinstance(value, str) and isinstance(at(sections, named), dict):
            _drop_options(sections, named, changes)
    _drop_optimizers(sections, changes)
    return configs.check(sections)


def at(sections, path):
    """What stands at a dotted path; None for what does not."""
    for key in path.split("."):
        sections = sections.get(key) if hasattr(sections, "items") else None
    return sections


def _section(given):
    """What is to hold a field: a part may have been given by its name alone, a schedule may take the place of a number."""
    return given if isinstance(given, dict) else {"name": given} if isinstance(given, str) else {}


def _set(section, path, value):
    *parents, last = path
    for key in parents:
        section[key] = _section(section.get(key))
        section = section[key]
    if isinstance(value, str) and isinstance(section.get(last), dict) and "name" in section[last]:
        section[last]["name"] = value
    else:
        section[last] = value


def _touched(path, changes):
    """Whether a field, or one in it, was changed by name."""
    return any(f"{other}.".startswith(f"{path}.") for other in changes)


def _drop_options(sections, path, changes):
    section = at(sections, path)
    name = section.get("name", "")
    valid = configs.options_at(path, name) if isinstance(name, str) else None  # what is wrong with a name is said later
    for key in [key for key in section if valid is not None and key not in valid and not _touched(f"{path}.{key}", changes)]:
        del section[key]


def _drop_optimizers(sections, changes):
    """Of approximators that have gone, and of an encoder that has."""
    optimizers, model = at(sections, "optimizers"), at(sections, "model")
    if isinstance(optimizers, dict) and isinstance(at(sections, "model.approximators"), dict):
        there = {*configs.networks(model)} - ({"encoder"} if at(sections, "model.encoder.name") == "" else set())
        for name in {*optimizers} - there:
            if not _touched(f"optimizers.{name}", changes):
                del optimizers[name]
