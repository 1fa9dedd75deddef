"""Hooks around a SnapStart snapshot, by the names of Lambda's own module.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from collections import deque

_before_snapshot = deque()
_after_restore = deque()


def register_before_snapshot(func, *args, **kwargs):
    """Called before the snapshot, those that were registered last first. May be used as a decorator."""
    _before_snapshot.appendleft((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Called in each environment that is restored, in the order of registration. May be used as a decorator."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    return _before_snapshot


def get_after_restore():
    return _after_restore
