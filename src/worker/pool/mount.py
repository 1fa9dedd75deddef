# Mounts what it is told to, a line each, tabs between the words. Answers "ok", or what went wrong.
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
RDONLY, NOSUID, NODEV, REMOUNT, BIND, SHARED, DETACH = 1, 2, 4, 32, 4096, 1 << 20, 2


def mount(source, target, flags):
    if libc.mount(source, target, None, ctypes.c_ulong(flags), None) != 0:
        raise OSError(ctypes.get_errno(), "mount")


def share(folder):
    mount(folder, folder, BIND)
    mount(None, folder, SHARED)


def bind(source, staging, target):
    """Read-only before anybody sees it."""
    mount(source, staging, BIND)
    try:
        mount(None, staging, REMOUNT | BIND | RDONLY | NOSUID | NODEV)
        mount(staging, target, BIND)
    finally:
        libc.umount2(staging, DETACH)


for line in sys.stdin.buffer:
    what, *words = line.rstrip(b"\n").split(b"\t")
    try:
        {b"share": share, b"bind": bind}[what](*words)
        os.write(1, b"ok\n")
    except OSError as error:
        os.write(1, f"{error}\n".encode())
