"""What an objective's module declares beside its losses, checked when it is read: a slip in it is one line, not a traceback."""

from zoo import registry


def check_declarations(name, module):
    """Refuses a module of an objective whose data are missing or of another form than zoo/objectives/__init__.py says.

    Args:
      name: of the objective.
      module: its module.

    Raises:
      ValueError: one line that names what is wrong, what was found and what is valid.
    """
    phases = [loss.removesuffix("_loss") for loss in vars(module) if loss.endswith("_loss")]
    required = {"NEEDS": _NAMES, "SAMPLES": _SAMPLES} | {f"{phase.upper()}_MOVES": _MOVES for phase in phases}
    optional = {"STAND_INS": _NAMES, "TAKES": _TAKES, "RANGES": _ranges(registry.options("objective", name))}
    for field, (holds, wanted) in (required | optional).items():
        if field not in vars(module) and field in required:
            raise ValueError(f"objective {name}: its module defines no {field}; it must be {wanted}")
        if field in vars(module) and not holds(vars(module)[field]):
            raise ValueError(f"objective {name}: {field} must be {wanted}, found {vars(module)[field]!r}")


def _all(found, kind, holds):
    return isinstance(found, kind) and all(holds(each) for each in found)


def _are_names(found):
    return _all(found, (tuple, list), lambda each: isinstance(each, str))


def _is_interval(found):
    return _all(found, tuple, lambda each: isinstance(each, (int, float))) and len(found) == 2 and found[0] <= found[1]


def _ranges(options):
    def holds(found):
        return _all(found, dict, lambda option: option in options) and all(map(_is_interval, found.values()))

    return holds, f"a dictionary of (smallest, largest) for options, of which there are {', '.join(options) or 'none'}"


_NAMES = _are_names, 'a tuple of names, like ("log_p_x_given_z", "log_p_z")'
_SAMPLES = lambda found: found in ("pathwise", "held_fixed"), '"pathwise" or "held_fixed"'
_MOVES = lambda found: found in ("Q", "P", "PQ"), '"Q", "P" or "PQ"'
_TAKES = (
    lambda found: isinstance(found, dict) and all(map(_are_names, found.values())),
    'a dictionary of tuples, like {"log_q_x": ("ratio", "potential")}',
)
