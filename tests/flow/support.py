# SPDX-License-Identifier: Apache-2.0
"""Programs under test: start them on port 0, read the ready line, talk to them, and leave none behind."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BIN = os.environ.get("GATIO_BIN") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "release", "bin")
# Sanitizers make everything several times slower.
SLOWNESS = float(os.environ.get("GATIO_SLOWNESS", "1"))
READY_SECONDS = 15 * SLOWNESS


def program(name):
    return os.path.join(BIN, name)


def read_all(file):
    """What a child has written to a file so far. Not by seek: the child writes at the place that it shares with us."""
    return os.pread(file.fileno(), 1 << 24, 0).decode(errors="replace")


def until(seconds, condition, what):
    """Wait for a condition; its value when it is true."""
    end = time.monotonic() + seconds * SLOWNESS
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds * SLOWNESS} s: {what}")
        time.sleep(0.02)


def free_port():
    """A port that nobody has now; somebody else may take it before its user does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server on a port of its own, for a with statement. Its end must be a drained one."""

    def __init__(self, name, *options, listen=("127.0.0.1:0",), listen_option="--listen", environment=None):
        self.name = name
        self.arguments = [program(name)]
        for address in listen:
            self.arguments += [listen_option, address] if listen_option else [address]
        self.arguments += options
        self.environment = {**os.environ, **(environment or {})}

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.log,
                                        env=self.environment)
        try:
            line = until(READY_SECONDS / SLOWNESS, self._ready_line, f"ready line of {self.name}: {self.text()}")
        except AssertionError:
            self._kill()
            said = self.text()
            self._close()
            raise AssertionError(f"{self.name} is not ready: {said}") from None
        self.ports = [int(port) for port in re.findall(r"[\d.\]]:(\d+)", line)]
        self.port = self.ports[0]
        drivers = re.search(r"drivers (\d+)", line)
        self.driver_count = int(drivers.group(1)) if drivers else None
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None and kind is None:
            status = self.drain()
            if status != 0:
                said = self.text()
                self._close()
                raise AssertionError(f"{self.name} drained with {status}: {said}")
        elif kind is not None:
            print(f"log of {self.name}: {self.text()}")
        self._close()

    def _close(self):
        self._kill()
        self.log.close()
        self.out.close()

    def _kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _ready_line(self):
        lines = [line for line in read_all(self.out).splitlines(True) if line.startswith("ready") and line.endswith("\n")]
        if not lines and self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}: {self.text()}")
        return lines[0] if lines else None

    def text(self):
        return read_all(self.log)[-4000:]

    def memory(self):
        """Bytes in memory that are its own."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"RssAnon:\s+(\d+)", status.read()).group(1)) << 10

    def drain(self, seconds=20):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds * SLOWNESS)

    def connect(self, port=None):
        stream = socket.create_connection(("127.0.0.1", port or self.port), 10 * SLOWNESS)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream


def run(*command, text=None, status=0, seconds=60, environment=None):
    """What a command prints (both streams); its exit status must be the one expected."""
    done = subprocess.run(command, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds * SLOWNESS, check=False, env={**os.environ, **(environment or {})})
    if status is not None and done.returncode != status:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}, not {status}: {done.stdout[-2000:]}")
    return done.stdout


def read_until(stream, end, seconds=10):
    """Bytes up to and with `end`, or all up to the peer's end of stream when `end` is None."""
    stream.settimeout(seconds * SLOWNESS)
    data = b""
    while end is None or end not in data:
        part = stream.recv(65536)
        if not part:
            if end is None:
                return data
            raise AssertionError(f"ended before {end!r}: {data[-500:]!r}")
        data += part
    return data


def read_exactly(stream, size, seconds=20):
    """So many bytes, or fewer when the peer ends."""
    stream.settimeout(seconds * SLOWNESS)
    data = bytearray()
    while len(data) < size:
        part = stream.recv(min(1 << 20, size - len(data)))
        if not part:
            break
        data += part
    return bytes(data)


class FlowTest(unittest.TestCase):
    """A failing assertion shows all of what was compared."""
    maxDiff = None
