"""Says what is being done and how long it will take, for the person who waits: on standard error, once a tool asks for it."""

import contextlib
import sys
import time

SECONDS_BETWEEN_LINES = 5
_TOLD = []  # what is being waited for, the innermost last; empty: nobody asked


class Waiting:
    """A task of several parts, told in lines.

    Args:
      what: the task, in words.
      parts: of how many parts; None if that is not known.
      stream: of the lines.
    """

    def __init__(self, what, parts=None, stream=None):
        self.what, self.parts, self.stream = what, parts, stream or sys.stderr
        self.began = self.spoke = time.monotonic()
        self._say(f"{what} ...")

    def done(self, number, parts):
        """So many of the parts are done; a line once in a while."""
        now = time.monotonic()
        if number < parts and now - self.spoke >= SECONDS_BETWEEN_LINES:
            self.spoke = now
            left = (now - self.began) / number * (parts - number)
            self._say(f"{self.what}: {number} of {parts}, about {left:.0f} s left")

    def close(self):
        """The task is over."""
        self._say(f"{self.what}: {time.monotonic() - self.began:.1f} s")

    def _say(self, line):
        self.stream.write(f"{line}\n")
        self.stream.flush()


@contextlib.contextmanager
def told():
    """In this context tasks are told on standard error."""
    _TOLD.append(None)
    try:
        yield
    finally:
        _TOLD.clear()


@contextlib.contextmanager
def task(what):
    """In this context something is done that takes a while; told, if a tool asked for it."""
    if not _TOLD:
        yield
        return
    outer, mine = _TOLD[-1], Waiting(what)
    _TOLD[-1] = mine
    try:
        yield
    finally:
        mine.close()
        if _TOLD:
            _TOLD[-1] = outer


def done(number, parts):
    """So many parts of what is being waited for are done."""
    if _TOLD and _TOLD[-1] is not None:
        _TOLD[-1].done(number, parts)


def counted(items):
    """The items of a list, each of them a part of what is being waited for."""
    for number, item in enumerate(items):
        yield item
        done(number + 1, len(items))
