"""What a command line says beyond plain flags: --help, and --config with its --config.FIELD=value."""

import ast
import re
import sys

from absl import flags

from zoo import config_files
from zoo.changes import at, changed

_HELP = ("help", "helpshort", "h", "?")


def answer_help(argv, docstring):
    """Prints what was asked for by --help (the tool's own flags) or --helpfull (those of the libraries too), and ends."""
    asked = {argument.lstrip("-") for argument in argv if argument.startswith("-")}
    if asked & {*_HELP, "helpfull"}:
        print(f"{docstring.strip()}\n\n{flags.FLAGS.get_help() if 'helpfull' in asked else _own_flags()}")
        sys.exit(0)


def _own_flags():
    """A line for each flag that a module of the tools defines."""
    package = __package__ + "."
    modules = flags.FLAGS.flags_by_module_dict()
    own = [flag for module, found in modules.items() if module.startswith(package) or module == sys.argv[0] for flag in found]
    lines = [f"  --{_shown(flag)}: {flag.help}{_default(flag)}" for flag in sorted(own, key=lambda flag: flag.name)]
    return "\n".join([*lines, "", "--helpfull lists the flags of the libraries too."])


def _shown(flag):
    return f"[no]{flag.name}" if flag.boolean else flag.name


def _default(flag):
    return (
        "" if flag.default in (None, False) or "default" in flag.help else f" (default: {flag.default_as_str.strip(chr(39))})"
    )


class ConfigFlag:
    """The flag --config, a config file any field of which is set by --config.FIELD=value.

    Called once the command line is read, it gives the checked config.
    """

    def __init__(self, flag_values=flags.FLAGS):
        what = "A config file, or the name of one of the zoo's; --config.FIELD=value sets a field of it."
        self._file = flags.DEFINE_string("config", None, what, flag_values=flag_values)
        self._config = None

    def __call__(self):
        return self._config

    def take_changes(self, argv):
        """(What is left of a command line, {path: text} of its --config.FIELD=value)."""
        left, changes, arguments = [], {}, list(argv)
        while arguments:
            argument = arguments.pop(0)
            found = re.fullmatch(r"--?(no)?config\.([^=]+)(?:=(.*))?", argument, re.DOTALL)
            if argument == "--":
                return left + [argument] + arguments, changes
            if not found:
                left.append(argument)
            elif found[1]:
                changes[found[2]] = "false"
            elif found[3] is None and arguments and not re.match("-[-a-zA-Z]", arguments[0]):
                changes[found[2]] = arguments.pop(0)
            else:
                changes[found[2]] = "true" if found[3] is None else found[3]
        return left, changes

    def read(self, changes):
        """Loads the file that --config names, and changes it.

        Raises:
          ValueError: one line.
        """
        if not self._file.value:
            raise ValueError("--config is required: a config file, or the name of one of the zoo's, like ehm_digits")
        config = config_files.load(self._file.value)
        self._config = changed(config, {path: _value(text, at(config, path)) for path, text in changes.items()})


def _value(text, current):
    """What a text means for a field: itself for a string, else a Python literal; a number is a list of one."""
    if isinstance(current, str):
        return text
    if isinstance(current, bool):
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    try:
        value = ast.literal_eval(text.capitalize() if text in ("true", "false") else text)
    except (SyntaxError, ValueError):
        return text
    return (value,) if isinstance(current, tuple) and not isinstance(value, (tuple, list, dict)) else value
