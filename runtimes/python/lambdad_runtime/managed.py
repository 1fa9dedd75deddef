"""On managed instances one environment serves several invocations at once: by processes, each with a connection
of its own to the Runtime API. One that ends is replaced; the others go on."""

import os
import time

from lambdad_runtime import sink

#: So that a process whose init fails at once does not keep the processor busy.
_RESTART_SECONDS = 0.1


def fork_workers(count):
    """Returns in each worker; the process that was started only looks after them."""
    sink.share(os.pipe())
    workers = set()
    while True:
        while len(workers) < count:
            pid = os.fork()
            if pid == 0:
                return
            workers.add(pid)
        pid, status = os.wait()
        workers.discard(pid)
        if os.WIFSIGNALED(status):
            # It may have been about to write, which the others would wait for: the environment is replaced.
            os._exit(1)
        time.sleep(_RESTART_SECONDS)
