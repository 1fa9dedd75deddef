"""Modules of the function and its layers that were compiled ahead (compile.py). What is absent, damaged or made by
another Python is compiled as ever."""

import marshal
import os
import sys
from _frozen_importlib_external import (
    BYTECODE_SUFFIXES,
    MAGIC_NUMBER,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from _imp import extension_suffixes, source_hash

NAME = b"lambdad1"
HASH_KEY = 0x6C616D62
_HEAD_BYTES = len(NAME) + len(MAGIC_NUMBER) + 4 + 8


def use(folder, roots):
    """For modules below `roots`. Not where the function has settings of its own for what Python compiles."""
    if sys.flags.optimize or sys.pycache_prefix is not None:
        return
    modules = _open(folder + "/modules")
    if modules is None:
        return

    class CompiledLoader(SourceFileLoader):
        def get_code(self, fullname):
            code = modules.code_of(self.path)
            return super().get_code(fullname) if code is None else code

    finder = FileFinder.path_hook(
        (ExtensionFileLoader, extension_suffixes()),
        (CompiledLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def hook(path):
        if not path.startswith(roots):
            raise ImportError("compiled ahead are modules of the function only", path=path)
        return finder(path)

    sys.path_hooks.insert(0, hook)


def _open(path):
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _Modules(file)
    except Exception:
        os.close(file)
        return None


class _Modules:
    def __init__(self, file):
        head = os.pread(file, _HEAD_BYTES, 0)
        if not head.startswith(NAME + MAGIC_NUMBER):
            raise ValueError("made by another Python")
        length = int.from_bytes(head[-12:-8], "big")
        index = os.pread(file, length, _HEAD_BYTES)
        # Damaged bytes would crash marshal.
        if source_hash(HASH_KEY, index) != head[-8:]:
            raise ValueError("damaged")
        self._file = file
        self._index = marshal.loads(index)
        self._start = _HEAD_BYTES + length

    def code_of(self, path):
        place = self._index.get(path)
        if place is None:
            return None
        offset, length, expected = place
        try:
            code = os.pread(self._file, length, self._start + offset)
            return marshal.loads(code) if source_hash(HASH_KEY, code) == expected else None
        except Exception:
            return None
