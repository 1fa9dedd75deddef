"""Where log events go: to the framed channel where there is one, else to stdout, one line an event."""

import os
import sys
import time

#: The types of frames without a level. Bits of a level are added to them.
TEXT = 0xA55A0003
JSON = 0xA55A0002

#: How long to wait when the channel is full and does not block by itself.
_FULL_PAUSE_SECONDS = 0.001

_fd = None
_token = None


def open_sink(environ):
    global _fd
    fd = environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    _fd = None if fd is None else int(fd)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", line_buffering=True)


def share(pipe):
    """Several processes write: who does holds the one byte that is in the pipe."""
    global _token
    _token = pipe
    os.write(pipe[1], b".")


def write(text, frame_type=TEXT):
    """One log event. On stdout it is the caller's to end it with a line feed."""
    if _fd is None:
        sys.stdout.write(text)
        return
    body = text.encode("utf-8", "backslashreplace")
    micros = time.time_ns() // 1000
    frame = frame_type.to_bytes(4, "big") + len(body).to_bytes(4, "big") + micros.to_bytes(8, "big")
    _write_fully(frame + body)


def write_lines(lines, frame_type):
    """An event of several lines: on stdout a line feed would end it, so that carriage returns part them."""
    if _fd is None:
        sys.stdout.write("\r".join(lines) + "\n")
    else:
        write("\n".join(lines), frame_type)


def flush_output():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the function closed or replaced it
            pass


def _write_fully(data):
    if _token is None:
        _write_pieces(data)
        return
    os.read(_token[0], 1)
    try:
        _write_pieces(data)
    finally:
        os.write(_token[1], b".")


def _write_pieces(data):
    """All of it, whatever the descriptor takes at a time. Where the other end is closed, it is lost."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(_fd, view) :]
        except BlockingIOError:
            time.sleep(_FULL_PAUSE_SECONDS)
        except OSError:
            return
