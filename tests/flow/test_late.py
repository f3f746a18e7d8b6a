#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that was stopped for seconds: whoever wrote meanwhile was not late."""
import signal
import time
import unittest

from support import FlowTest, Server, read_until

CLIENTS = 200
STOPPED_SECONDS = 2.5


class Stopped:
    """The process is stopped within; it has missed all that was due."""

    def __init__(self, server):
        self.process = server.process

    def __enter__(self):
        self.process.send_signal(signal.SIGSTOP)
        self.end = time.monotonic() + STOPPED_SECONDS
        return self

    def __exit__(self, kind, value, trace):
        time.sleep(max(0, self.end - time.monotonic()))
        self.process.send_signal(signal.SIGCONT)


class LateTest(FlowTest):
    def test_peers_that_wrote_are_not_idle(self):
        with Server("gatio-kv", "--drivers", "2", "--timeout", "1") as server:
            streams = [server.connect() for _ in range(CLIENTS)]
            for stream in streams:
                stream.sendall(b"PING\r\n")
            for stream in streams:
                read_until(stream, b"+PONG\r\n")
            with Stopped(server):
                for stream in streams:
                    stream.sendall(b"ECHO still\r\n")
            for stream in streams:
                self.assertEqual(read_until(stream, b"still\r\n"), b"$5\r\nstill\r\n")

    def test_who_answered_a_ping_stays(self):
        with Server("gatio-chat", "--drivers", "2", "--ping-seconds", "1") as server:
            streams = [server.connect() for _ in range(20)]
            for number, stream in enumerate(streams):
                stream.sendall(b"NICK late%d\r\nUSER late 0 * :late\r\n" % number)
            for stream in streams:
                read_until(stream, b"PING ")
            with Stopped(server):
                for stream in streams:
                    stream.sendall(b"PONG :there\r\nPRIVMSG late0 :I am here\r\n")
            heard = b""
            while heard.count(b"I am here\r\n") < len(streams):
                heard += read_until(streams[0], b"\r\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
