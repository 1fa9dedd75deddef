"""The runtime's side of the Runtime API, on one kept-open connection: HTTP/1.1 by hand, on a bare socket.

http.client alone would double the time that the boot takes.
"""

import os
import sys

import _socket

API = "/2018-06-01/runtime"
HEAD_END = b"\r\n\r\n"
PIECE_BYTES = 256 * 1024


class Invocation:
    """One event on its way in: its headers, in lower case, and its bytes."""

    __slots__ = ("body", "headers", "request_id")

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body
        self.request_id = headers.get("lambda-runtime-aws-request-id")


class Result:
    """What goes back: `path` is "response" or "error", `headers` end with CRLF each."""

    __slots__ = ("body", "headers", "path")

    def __init__(self, path, body, headers):
        self.path = path
        self.body = body
        self.headers = headers


class RuntimeClient:
    def __init__(self, address):
        """`address` is the path of a Unix socket, or host:port, or a socket that is connected."""
        try:
            if not isinstance(address, str):
                self._host = "localhost"
                self._socket = address
            elif address.startswith("/"):
                self._host = "localhost"
                self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
                self._socket.connect(address)
            else:
                self._host = address
                host, _, port = address.rpartition(":")
                self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
                self._socket.connect((host, int(port)))
                self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        except OSError as error:
            _lost(error)
        self._rest = b""
        self._get_next = f"GET {API}/invocation/next HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode()

    def next(self):
        """Waits for an invocation, as long as it takes."""
        self._send(self._get_next)
        return self._invocation()

    def function(self):
        """Waits for a function, as long as it takes, and returns what is told of it, as JSON."""
        self._send(f"GET /lambdad/function HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        status, _, body = self._response()
        if status != b"200":
            _lost(f"there is no function: status {status.decode()}")
        return body

    def restore_next(self):
        """Waits until there is to be an environment from the snapshot, and returns what is told of it."""
        self._send(f"GET {API}/restore/next HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        status, _, body = self._response()
        if status != b"200":
            _lost(f"restore/next was answered with status {status.decode()}")
        return body

    def answer(self, invocation, result):
        """Posts a result, and in the same write asks for the next invocation: one wake-up of the other side."""
        path = f"/invocation/{invocation.request_id}/{result.path}"
        self._send(self._post(path, result) + self._get_next)
        self._response()
        return self._invocation()

    def fail_init(self, result):
        self._send(self._post("/init/error", result))
        self._response()

    def fail_restore(self, result):
        self._send(self._post("/restore/error", result))
        self._response()

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._socket.close()

    def _post(self, path, result):
        head = (
            f"POST {API}{path} HTTP/1.1\r\nHost: {self._host}\r\n{result.headers}"
            f"Content-Length: {len(result.body)}\r\n\r\n"
        )
        return head.encode() + result.body

    def _invocation(self):
        status, headers, body = self._response()
        if status != b"200":
            _lost(f"next was answered with status {status.decode()}")
        return Invocation(headers, body)

    def _response(self):
        """One response: its status, its headers by their lower-case names, its body."""
        rest = self._rest
        end = rest.find(HEAD_END)
        while end < 0:
            rest += self._receive()
            end = rest.find(HEAD_END)
        lines = rest[:end].decode("utf-8", "replace").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self._rest = rest[end + 4 :]
        chunked = headers.get("transfer-encoding") == "chunked"
        body = self._chunks() if chunked else self._take(int(headers.get("content-length", 0)))
        return rest[9:12], headers, body

    def _take(self, count):
        """`count` bytes of the stream."""
        have = self._rest
        if len(have) < count:
            pieces = [have]
            missing = count - len(have)
            while missing > 0:
                piece = self._receive()
                pieces.append(piece)
                missing -= len(piece)
            have = b"".join(pieces)
        self._rest = have[count:]
        return have[:count]

    def _chunks(self):
        body = []
        while True:
            while b"\r\n" not in self._rest:
                self._rest += self._receive()
            size = int(self._rest.partition(b"\r\n")[0], 16)
            self._take(self._rest.index(b"\r\n") + 2)
            body.append(self._take(size))
            self._take(2)
            if size == 0:
                return b"".join(body)

    def _send(self, data):
        try:
            self._socket.sendall(data)
        except OSError as error:
            _lost(error)

    def _receive(self):
        try:
            data = self._socket.recv(PIECE_BYTES)
        except OSError as error:
            _lost(error)
        if not data:
            _lost("it closed the connection")
        return data


def _lost(why):
    """Without its Runtime API a runtime has nothing to live for, whatever threads the function has."""
    sys.stderr.write(f"lambdad: the Runtime API is gone: {why}\n")
    sys.stdout.flush()
    os._exit(1)
