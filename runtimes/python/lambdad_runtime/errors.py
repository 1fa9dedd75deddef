"""Errors as Lambda tells them: to the caller as JSON, to the log, and to X-Ray as a cause."""

import os
import time

from lambdad_runtime import marshal, sink
from lambdad_runtime.client import Result
from lambdad_runtime.load import Fault
from lambdad_runtime.paths import import_stdlib

#: X-Ray's limit on the header with the cause.
_CAUSE_CHARACTERS_MAX = 64 * 1024
_OWN_FOLDER = os.path.dirname(__file__)
_ERROR_LEVEL = 0x14
_NO_BREAK_SPACE = "\u00a0"


class ErrorReport(Result):
    __slots__ = ("told",)


def report(error, request_id, header=None):
    """The error as a result to post; `told` is its JSON as an object. `header`: what logs call it, where it differs."""
    if isinstance(error, Fault):
        kind, message, frames, trace = error.kind, error.message, [], error.trace or []
    else:
        frames = _frames(error)
        kind, message = type(error).__name__, _text(error)
        trace = import_stdlib("traceback").format_list(frames)
    told = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}
    headers = "Content-Type: application/json\r\n" + _headers(header or kind, message, frames, isinstance(error, Fault))
    made = ErrorReport("error", marshal.dumps(told), headers)
    made.told = told
    return made


def _frames(error):
    """As tuples, for which Python draws no marks under the line; without the runtime's own at the top."""
    traceback = import_stdlib("traceback")
    frames = [
        (frame.filename, frame.lineno, frame.name, frame.line)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    for index, frame in enumerate(frames):
        if not frame[0].startswith(_OWN_FOLDER):
            return frames[index:]
    return frames


def _text(error):
    try:
        return str(error)
    except Exception:
        return f"<unprintable {type(error).__name__} object>"


def _headers(kind, message, frames, is_fault):
    headers = f"Lambda-Runtime-Function-Error-Type: {kind}\r\n" if _fits_header(kind) else ""
    cause = marshal.dumps(
        {
            "working_directory": _working_directory(),
            "exceptions": [
                {
                    "message": message,
                    "type": "LambdaValidationError" if is_fault else kind,
                    "stack": [{"label": name, "path": path, "line": line} for path, line, name, _ in frames],
                }
            ],
            "paths": sorted({frame[0] for frame in frames}),
        }
    ).decode()
    if len(cause) <= _CAUSE_CHARACTERS_MAX and _fits_header(cause):
        headers += f"Lambda-Runtime-Function-XRay-Error-Cause: {cause}\r\n"
    return headers


def _fits_header(text):
    return text.isascii() and text.isprintable()


def _working_directory():
    try:
        return os.getcwd()
    except OSError:
        return ""


def log(made):
    told = made.told
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON":
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        record = {"timestamp": timestamp, "log_level": "ERROR", **told}
        sink.write_lines([marshal.dumps(record, ascii_only=False).decode()], sink.JSON | _ERROR_LEVEL)
        return
    lines = [f"[ERROR] {told['errorType']}" + (f": {told['errorMessage']}" if told["errorMessage"] else "")]
    lines.append("Traceback (most recent call last):")
    for entry in told["stackTrace"]:
        lines += [_keep_indentation(line) for line in entry.splitlines()]
    sink.write_lines(lines, sink.TEXT | _ERROR_LEVEL)


def _keep_indentation(line):
    """CloudWatch takes a line that begins with a space for the end of the last event."""
    text = line.lstrip(" ")
    return _NO_BREAK_SPACE * (len(line) - len(text)) + text
