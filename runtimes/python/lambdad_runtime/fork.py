"""A fork of an initialised runtime becomes an environment of its own.

The process that serves has a user, processes, a /tmp and output of its own; its memory is the template's, which the
kernel copies where it is written. What takes privileges is done by lambdad's helper (src/worker/snapshot/fork.py, which
has the protocol): this process has none, as the function's code runs in it.
"""

import os
import sys

import _ctypes
import _signal
import _socket

from lambdad_runtime import marshal, sink

#: New user, mount, process and IPC namespaces: the one argument of unshare(2) that the template's filter lets through.
NAMESPACES = 0x10000000 | 0x20000 | 0x20000000 | 0x08000000
PR_SET_DUMPABLE = 4
FRAMES_FD = 3
SETUP_SOCKET = "setup.sock"

_libc = _ctypes.dlopen(None, 0)
_prctl = _ctypes.dlsym(_libc, "prctl")


_forks = []


def fork(folder):
    """
    Returns None in the template at once. In the process that is to serve, which is made ahead, returns what is told of its
    environment and the socket of its Runtime API, as soon as there is to be one.
    """
    sink.flush_output()
    pid = os.fork()
    if pid != 0:
        # Those that have ended since: nobody else waits for them.
        _forks[:] = [known for known in _forks if os.waitpid(known, os.WNOHANG)[0] == 0]
        _forks.append(pid)
        return None
    try:
        return _leave(folder)
    except BaseException as error:
        sys.stderr.write(f"lambdad: a fork failed: {error!r}\n")
        os._exit(1)


def _leave(folder):
    setup = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    setup.connect(f"{folder}/{SETUP_SOCKET}")
    uid = int.from_bytes(_receive(setup, 4), "big")
    os.unshare(NAMESPACES)
    setup.sendall(b"l")
    _receive(setup, 1)
    # From root of its namespace to somebody: the kernel takes all capabilities away.
    os.setresuid(uid, uid, uid)
    # Else its own /proc/self would be closed to it.
    _ctypes.call_function(_prctl, (PR_SET_DUMPABLE, 1, 0, 0, 0))
    first = _start_first()
    setup.sendall(b"f")
    served = os.fork()
    if served != 0:
        setup.sendall(b"s")
        _tell_end(first, served, setup)
    os.setsid()
    told, api = _be_told(setup)
    setup.close()
    return marshal.parse_event(told, "application/json"), api


def _receive(setup, count):
    data = setup.recv(count)
    if not data:
        os._exit(0)
    return data


def _be_told(setup):
    """
    Waits until it is wanted. Returns the message, which comes after its length, and its connection to the Runtime API; the
    other descriptors that come with it take the place of the template's.
    """
    data, ancillary, _, _ = setup.recvmsg(64 * 1024, _socket.CMSG_SPACE(12))
    if not data:
        os._exit(0)
    fds = ancillary[0][2]
    output, frames, api = (int.from_bytes(fds[at : at + 4], sys.byteorder) for at in (0, 4, 8))
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(frames, FRAMES_FD)
    os.close(output)
    os.close(frames)
    length = int.from_bytes(data[:4], "big")
    while len(data) < 4 + length:
        data += _receive(setup, 64 * 1024)
    return data[4:], _socket.socket(fileno=api)


def _start_first():
    """With it all other processes of the namespace end. It has to be there before they are, and ignores who is left
    behind, which the kernel then takes away."""
    handler = _signal.signal(_signal.SIGCHLD, _signal.SIG_IGN)
    closed = [(os.POSIX_SPAWN_CLOSE, fd) for fd in (0, 1, 2, FRAMES_FD)]
    first = os.posix_spawn("/bin/sleep", ["sleep", "infinity"], {}, file_actions=closed)
    _signal.signal(_signal.SIGCHLD, handler)
    return first


def _tell_end(first, served, setup):
    """The process in between is outside of the namespace still, and waits for the one that serves."""
    os.closerange(0, setup.fileno())
    os.closerange(setup.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    status = os.waitpid(served, 0)[1]
    code, number = (0, os.WTERMSIG(status)) if os.WIFSIGNALED(status) else (os.WEXITSTATUS(status), 0)
    setup.sendall(f"e{code} {number}\n".encode())
    os.kill(first, _signal.SIGKILL)
    os._exit(0)
