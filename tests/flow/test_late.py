#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that was stopped for seconds: whoever wrote meanwhile was not late."""
import signal
import time
import unittest

from support import FlowTest, Server, read_exactly, read_until

CLIENTS = 200
TIMEOUTS = (1, 2, 4, 8, 16)  # seconds: the first within which this machine gets ready


class Stopped:
    """The process is stopped within, for longer than a timeout: it has missed all that was due."""

    def __init__(self, server, timeout):
        self.process = server.process
        self.timeout = timeout

    def __enter__(self):
        self.process.send_signal(signal.SIGSTOP)
        self.began = time.monotonic()
        return self

    def __exit__(self, kind, value, trace):
        time.sleep(max(0, self.began + 1.5 * self.timeout - time.monotonic()))
        self.process.send_signal(signal.SIGCONT)


def is_answered(stream):
    """Of a PING; or the peer has been closed."""
    return read_exactly(stream, len(b"+PONG\r\n")) == b"+PONG\r\n"


def is_pinged(stream, timeout):
    """The same of a client that waits for the server's."""
    try:
        return read_until(stream, b"PING ", 2 * timeout + 10)
    except AssertionError:
        return False


class LateTest(FlowTest):
    """Nobody may be late before the stop: where a machine is too slow for that, the same with more time."""

    def peers_that_write(self, timeout):
        """Peers write while the server is stopped. False: some may have been idle for too long before that."""
        with Server("gatio-kv", "--drivers", "2", "--timeout", str(timeout)) as server:
            began = time.monotonic()
            streams = [server.connect() for _ in range(CLIENTS)]
            for stream in streams:
                stream.sendall(b"PING\r\n")
            if not all(is_answered(stream) for stream in streams):
                self.assertGreaterEqual(time.monotonic() - began, timeout)
                return False
            with Stopped(server, timeout) as stopped:
                if stopped.began - began >= timeout:
                    return False
                for stream in streams:
                    stream.sendall(b"ECHO still\r\n")
            for stream in streams:
                self.assertEqual(read_until(stream, b"still\r\n"), b"$5\r\nstill\r\n")
        return True

    def clients_that_answer(self, timeout):
        """Clients answer their ping while the server is stopped. False: a second one may have been due before that."""
        with Server("gatio-chat", "--drivers", "2", "--ping-seconds", str(timeout)) as server:
            began = time.monotonic()
            streams = [server.connect() for _ in range(20)]
            for number, stream in enumerate(streams):
                stream.sendall(b"NICK late%d\r\nUSER late 0 * :late\r\n" % number)
            if not all(is_pinged(stream, timeout) for stream in streams):
                self.assertGreaterEqual(time.monotonic() - began, 2 * timeout)
                return False
            with Stopped(server, timeout) as stopped:
                if stopped.began - began >= 2 * timeout:
                    return False
                for stream in streams:
                    stream.sendall(b"PONG :there\r\nPRIVMSG late0 :I am here\r\n")
            heard = b""
            while heard.count(b"I am here\r\n") < len(streams):
                heard += read_until(streams[0], b"\r\n")
        return True

    def with_enough_time(self, scene):
        if not any(scene(timeout) for timeout in TIMEOUTS):
            self.skipTest(f"no scene was ready within {TIMEOUTS[-1]} s: this machine is too slow to tell who is late")

    def test_peers_that_wrote_are_not_idle(self):
        self.with_enough_time(self.peers_that_write)

    def test_who_answered_a_ping_stays(self):
        self.with_enough_time(self.clients_that_answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
