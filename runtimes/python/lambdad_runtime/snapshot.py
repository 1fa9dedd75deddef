"""SnapStart: between init and the first invocation, once for each environment that starts from the snapshot."""

import gc
import os
import stat
import sys

from lambdad_runtime import sink
from lambdad_runtime.client import RuntimeClient
from lambdad_runtime.load import Fault

# The exit codes of Lambda's own runtime.
EXIT_BEFORE_SNAPSHOT = 64
EXIT_AFTER_RESTORE = 65


def take(client):
    """Runs the hooks, with the snapshot in between. Returns the client of the environment that goes on."""
    folder = os.environ.pop("LAMBDAD_FORKS", None)
    try:
        _run_hooks("get_before_snapshot")
    except Exception as error:
        _end(client.fail_init, error, "Runtime.BeforeSnapshotError", EXIT_BEFORE_SNAPSHOT)
    restored = client if folder is None else _restored(client, folder)
    if folder is None:
        client.restore_next()
    try:
        _run_hooks("get_after_restore")
    except Exception as error:
        _end(restored.fail_restore, error, "Runtime.AfterRestoreError", EXIT_AFTER_RESTORE)
    return restored


def _run_hooks(which):
    module = sys.modules.get("snapshot_restore_py")
    if module is None:
        return
    for func, args, kwargs in list(getattr(module, which)()):
        func(*args, **kwargs)


def _end(tell, error, kind, code):
    """Inside the handling of `error`."""
    from lambdad_runtime import errors

    report = errors.report(error, "", header=kind)
    errors.log(report)
    sink.flush_output()
    tell(report)
    sys.exit(code)


def _restored(client, folder):
    """In the template this never returns: it forks whenever it is told to. In a fork it does."""
    from lambdad_runtime.fork import fork

    _break_connections(client)
    if len(os.listdir("/proc/self/task")) > 1:
        # A fork has one thread, and what locks the others held would be held for ever.
        from lambdad_runtime import errors

        client.fail_init(errors.report(Fault("Runtime.NotForkable", "Init has left threads running."), ""))
        sys.exit(1)
    # Counting references in what is garbage-collected by chance would copy pages for nothing.
    gc.collect()
    gc.freeze()
    while True:
        forked = fork(folder)
        if forked is not None:
            break
        client.restore_next()
    told, api = forked
    client.close()
    _be_unique(told)
    return RuntimeClient(api)


def _break_connections(client):
    """As after a snapshot: connections that were open are of no use, and two environments must never share one."""
    import _socket

    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if fd == client.fileno() or not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
            connection = _socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
        try:
            connection.shutdown(_socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()


def _be_unique(told):
    """Python has seeded `random` anew by itself. Names of temporary files go by the process id, which is the same."""
    os.environ.update(told["variables"])
    from lambdad_runtime import context

    context.log_names = told["logGroup"], told["logStream"]
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile._name_sequence = None

