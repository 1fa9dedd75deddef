"""The logging module, set up as Lambda does: a handler on the root logger, in Text or JSON."""

import logging
import os
import time

from lambdad_runtime import marshal, sink
from lambdad_runtime.invocation import current
from lambdad_runtime.paths import import_stdlib

_UNHANDLED = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, or can be "
    "applied automatically. To determine if the runtime has been updated, check the runtime version in the "
    "INIT_START log entry. If this error correlates with a change in the runtime version, you may be able to "
    "mitigate this error by temporarily rolling back to the previous runtime version. For more information, "
    "see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"
)

#: What a record has by itself; everything else was given by the function, and goes into the JSON.
_OWN_FIELDS = set(vars(logging.makeLogRecord({}))) | {"aws_request_id", "tenant_id", "message", "asctime"}
_OWN_FIELDS |= {"exc_text", "taskName", "_frame_type"}

#: The bits of a frame for each level, by tens.
_LEVEL_BITS = {10: 0x08, 20: 0x0C, 30: 0x10, 40: 0x14, 50: 0x18}


def set_up():
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = "DEBUG" if level == "TRACE" else level
    logging.Formatter.converter = time.gmtime
    handler = _SinkHandler(sink.JSON if as_json else sink.TEXT, as_json or level != "")
    handler.setFormatter(_JsonFormatter() if as_json else logging.Formatter(_TEXT_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(_add_ids)
    root = logging.getLogger()
    root.addHandler(handler)
    if level in logging._nameToLevel:
        root.setLevel(level)


_TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"


def warn_unhandled():
    """What Lambda says whenever init fails."""
    logging.warning(_UNHANDLED)


def _add_ids(record):
    record.aws_request_id = current.request_id or ""
    record.tenant_id = current.tenant_id
    return True


class _SinkHandler(logging.Handler):
    def __init__(self, frame_type, with_level):
        super().__init__()
        self._frame_type = frame_type
        self._with_level = with_level

    def emit(self, record):
        try:
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        level = _LEVEL_BITS.get(_by_tens(record.levelno), 0) if self._with_level else 0
        sink.write(text, self._frame_type | level)


def _by_tens(level):
    return min(50, max(0, level)) // 10 * 10


class _JsonFormatter(logging.Formatter):
    def format(self, record):
        level = _by_tens(record.levelno)
        told = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": logging.getLevelName(level),
            "message": record.getMessage(),
            "logger": record.name,
            **_exception(record),
            "requestId": record.aws_request_id,
        }
        if record.tenant_id is not None:
            told["tenantId"] = record.tenant_id
        for name, value in vars(record).items():
            if name not in _OWN_FIELDS and name not in told:
                told[name] = value
        shown = {name: value for name, value in told.items() if value is not None}
        return _encode(shown) + "\n"


def _exception(record):
    if not record.exc_info:
        return {}
    kind, value, trace = record.exc_info
    if kind is None:
        return {}
    return {
        "stackTrace": import_stdlib("traceback").format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(value),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }


def _encode(shown):
    """What JSON cannot say is left to its text, rather than lost with the line."""
    try:
        return marshal.dumps(shown, ascii_only=False).decode()
    except (TypeError, ValueError):
        return marshal.dumps({name: _or_text(value) for name, value in shown.items()}, ascii_only=False).decode()


def _or_text(value):
    try:
        marshal.dumps(value)
        return value
    except (TypeError, ValueError):
        return str(value)
