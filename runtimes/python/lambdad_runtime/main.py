"""Connects to the Runtime API, loads the handler, serves invocations one by one.

The three are separate steps, since a process may be booted before it has a function. What only errors and
logs need is imported when they happen: importing json and logging takes longer than all else of the boot.
"""

import os
import sys

from lambdad_runtime import paths, sink, wait
from lambdad_runtime.client import RuntimeClient
from lambdad_runtime.invocation import answer, current
from lambdad_runtime.load import load


def start():
    environ = os.environ
    if "AWS_LAMBDA_MAX_CONCURRENCY" in environ:
        from lambdad_runtime import managed

        managed.fork_workers(int(environ["AWS_LAMBDA_MAX_CONCURRENCY"]))
    client = connect(environ)
    if "LAMBDAD_AWAITS_FUNCTION" in environ:
        wait.become(client.function(), environ)
    task_root = environ.get("LAMBDA_TASK_ROOT", "/var/task")
    layers_root = environ.pop("LAMBDAD_LAYERS_ROOT", "/opt")
    paths.arrange(task_root, layers_root)
    if "LAMBDAD_COMPILED" in environ:
        from lambdad_runtime import compiled

        compiled.use(environ.pop("LAMBDAD_COMPILED"), (task_root, layers_root))
    sink.open_sink(environ)
    paths.when_logging_is_imported(_set_up_logging)
    try:
        handler = load(environ.get("_HANDLER", ""))
    except Exception as error:
        _fail_init(client, error)
    if environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        from lambdad_runtime import snapshot

        client = snapshot.take(client)
    serve(client, handler)


def connect(environ):
    """To the socket where there is one: it is faster, and works without a network."""
    address = environ.pop("LAMBDAD_RUNTIME_SOCKET", None) or environ["AWS_LAMBDA_RUNTIME_API"]
    return RuntimeClient(address)


def serve(client, handler):
    invocation = client.next()
    while True:
        current.enter(invocation)
        result = answer(handler, invocation)
        sink.flush_output()
        invocation = client.answer(invocation, result)


def _set_up_logging():
    from lambdad_runtime import logs

    logs.set_up()


def _fail_init(client, error):
    """Inside the handling of `error`, so that sys.exc_info() still tells of it."""
    paths.import_stdlib("logging")  # which sets it up, by the hook
    from lambdad_runtime import errors, logs

    logs.warn_unhandled()
    report = errors.report(error, "")
    errors.log(report)
    sink.flush_output()
    client.fail_init(report)
    sys.exit(1)
