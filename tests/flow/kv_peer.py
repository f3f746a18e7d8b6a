# SPDX-License-Identifier: Apache-2.0
"""What tests of gatio-kv beside redis-server share: a stream of replies as they are, or taken apart; a redis-server."""
import socket
import subprocess
import tempfile

from support import SLOWNESS, free_port, read_all, until


class Stream:
    """A connection that sends bytes and reads whole replies as they are."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20 * SLOWNESS)
        self.rest = b""

    def close(self):
        self.socket.close()

    def more(self):
        part = self.socket.recv(1 << 16)
        if not part:
            raise EOFError(f"closed after {self.rest!r}")
        self.rest += part

    def take(self, size):
        while len(self.rest) < size:
            self.more()
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def line(self):
        while b"\r\n" not in self.rest:
            self.more()
        return self.take(self.rest.index(b"\r\n") + 2)

    def reply(self):
        line = self.line()
        kind, count = line[:1], line[1:-2]
        if kind in b"$=!":
            return line + (self.take(int(count) + 2) if int(count) >= 0 else b"")
        if kind in b"*%~>":
            parts = max(int(count), 0) * (2 if kind == b"%" else 1)
            return line + b"".join(self.reply() for _ in range(parts))
        return line

    def until_closed(self):
        try:
            while True:
                self.more()
        except (EOFError, ConnectionError):
            return self.rest
        except TimeoutError:
            return self.rest + b" (and open)"


def packed(command):
    return b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in command)


def whole(data):
    """A stream that has no more than these bytes."""
    stream = Stream.__new__(Stream)
    stream.rest = data
    return stream


def parsed(stream):
    """The next reply: bytes, int, None, list, dict (a map of RESP3), or, as bytes with their type, statuses and errors."""
    line = stream.line()
    kind, count = line[:1], line[1:-2]
    if kind in b"$=":
        return None if int(count) < 0 else stream.take(int(count) + 2)[:-2]
    if kind in b"*~":
        return None if int(count) < 0 else [parsed(stream) for _ in range(int(count))]
    if kind == b"%":
        return {parsed(stream): parsed(stream) for _ in range(int(count))}
    if kind == b":":
        return int(count)
    return None if kind == b"_" else kind + count


def try_redis(port, folder, *more):
    """The process of a redis-server that listens on this port, or None: somebody else has it."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--loglevel", "notice", "--dir", folder, "--daemonize", "no", *more],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        # Not whether the port answers: another may do that.
        try:
            until(10, lambda: "eady to accept connections" in read_all(log) or process.poll() is not None,
                  "redis-server is ready")
        except AssertionError:
            process.kill()
            process.wait()
            raise
        said = read_all(log)
    if process.poll() is None:
        return process
    if "Address already in use" in said:
        return None
    raise AssertionError(f"redis-server ended with {process.returncode}: {said[-2000:]}")


def start_redis(folder, *more, ports=free_port):
    """A redis-server on a port that was free: whoever takes it in between keeps it, and the next one is tried."""
    for _ in range(10):
        port = ports()
        process = try_redis(port, folder, *more)
        if process:
            return process, port
    raise AssertionError("ten free ports were taken before redis-server had them")
