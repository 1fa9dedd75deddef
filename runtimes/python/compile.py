"""Compiles the modules in folders, and runs none of them: what Python would otherwise do at every cold start, as it
cannot write next to modules that are mounted read-only. Tells on stdout what it made (src/worker/compiled/unpack.ts):
one file `modules`, which lambdad_runtime/compiled.py reads."""

import marshal
import os
import sys
import time
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from _imp import source_hash

#: Beyond this a package holds more than a function would import.
SOURCE_BYTES_MAX = 48 * 1024 * 1024
RESULT_BYTES_MAX = 60 * 1024 * 1024
PROCESSOR_SECONDS_MAX = 60

NAME = b"lambdad1"
#: What _imp.source_hash wants besides; any number.
HASH_KEY = 0x6C616D62


def main(folders):
    out = os.dup(1)
    # Warnings of the compiler are no part of what is told.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.nice(19)
    sys.dont_write_bytecode = True
    result = archive(compiled(sources(folders)))
    with open(out, "wb") as told:
        if result:
            told.write(b"\7modules" + len(result).to_bytes(4, "big") + result)
        told.write(b"\0")


def sources(folders):
    """Paths, those near the top first: what is deep down is the least likely to be imported."""
    waiting = list(folders)
    for folder in waiting:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    waiting.append(entry.path)
            elif entry.name.endswith(".py") and entry.is_file():
                yield entry.path, entry.stat().st_size


def compiled(found):
    """Pairs of a path and its marshalled code, as many as the bounds allow."""
    source_bytes = result_bytes = 0
    for path, size in found:
        source_bytes += size
        if source_bytes > SOURCE_BYTES_MAX or time.process_time() > PROCESSOR_SECONDS_MAX:
            return
        try:
            # As an import would: from a .pyc of the package's where Python takes that.
            code = marshal.dumps(SourceFileLoader("m", path).get_code("m"))
        except Exception:
            continue  # Not for this version of Python, or not for any: whoever imports it is told.
        result_bytes += len(code)
        if result_bytes > RESULT_BYTES_MAX:
            return
        yield path, code


def archive(modules):
    """Name, Python's magic number, length and hash of the index, the index, all code."""
    index = {}
    data = []
    offset = 0
    for path, code in modules:
        index[path] = (offset, len(code), source_hash(HASH_KEY, code))
        data.append(code)
        offset += len(code)
    if not index:
        return b""
    packed = marshal.dumps(index)
    head = NAME + MAGIC_NUMBER + len(packed).to_bytes(4, "big") + source_hash(HASH_KEY, packed)
    return b"".join([head, packed, *data])


if __name__ == "__main__":
    main(sys.argv[1:])
