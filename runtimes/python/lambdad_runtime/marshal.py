"""JSON, by the interpreter's own accelerator: the json package, with its regular expressions, takes a third
of the boot to import, and is loaded only to word an error."""

import os

import _json

from lambdad_runtime.load import Fault
from lambdad_runtime.paths import import_stdlib

_WHITESPACE = " \t\n\r"

#: From Python 3.12 on, Lambda writes letters beyond ASCII as they are.
_ESCAPING_RUNTIMES = {f"AWS_Lambda_python3.{minor}" for minor in range(6, 12)}


class _ScannerSettings:
    """What _json.make_scanner reads: the defaults of json.JSONDecoder."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    array_hook = None
    parse_float = float
    parse_int = int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__
    memo = {}


_scan = _json.make_scanner(_ScannerSettings)


def loads(text):
    """As json.loads, with its errors."""
    start = 0
    while text[start : start + 1] in _WHITESPACE and start < len(text):
        start += 1
    try:
        value, end = _scan(text, start)
    except StopIteration:
        end = None
    if end is None or text[end:].strip(_WHITESPACE):
        return import_stdlib("json").loads(text)
    return value


def parse_event(body, content_type):
    """An empty payload is an empty object; what is not JSON by its type comes as bytes."""
    if content_type is not None and content_type != "application/json":
        return body
    if not body:
        return {}
    try:
        return loads(body.decode("utf-8"))
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}")


def to_response(value):
    """The bytes of a result, and their type."""
    if isinstance(value, bytes):
        return value, "application/unknown"
    try:
        return dumps(value, os.environ.get("AWS_EXECUTION_ENV") in _ESCAPING_RUNTIMES), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}")


def dumps(value, ascii_only=True):
    """As json.dumps, but that a Decimal is a number."""
    decimals = _Decimals()
    escape = _json.encode_basestring_ascii if ascii_only else _json.encode_basestring
    encode = _json.make_encoder({}, decimals.default, escape, None, ": ", ", ", False, False, True)
    return decimals.put_in("".join(encode(value, 0))).encode("utf-8")


class _Decimals:
    """Numbers that the accelerator cannot write: marks stand for them, until the text is made."""

    def __init__(self):
        self._texts = {}
        self._salt = None

    def default(self, value):
        if not _is_decimal(value):
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        if value.is_nan():
            return float("nan")
        if self._salt is None:
            self._salt = os.urandom(16).hex()
        mark = f"{self._salt}-{len(self._texts)}"
        self._texts[f'"{mark}"'] = str(value)
        return mark

    def put_in(self, text):
        if not self._texts:
            return text
        parts = text.split(f'"{self._salt}-')
        made = [parts[0]]
        for part in parts[1:]:
            number, _, rest = part.partition('"')
            made.append(self._texts[f'"{self._salt}-{number}"'])
            made.append(rest)
        return "".join(made)


def _is_decimal(value):
    """Without importing decimal: who has one has imported it."""
    kind = type(value)
    return any(base.__name__ == "Decimal" and base.__module__ == "decimal" for base in kind.__mro__)
