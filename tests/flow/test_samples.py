#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The small samples: hello and ping_pong end by themselves, echo gives back what comes."""
import socket
import threading
import unittest

from support import FlowTest, Server, program, read_until, run


def echo():
    """The echo server; it takes its address as an argument."""
    return Server("echo", listen_option=None)


class SamplesTest(FlowTest):
    """What a reader of the README tries first."""

    def test_hello_says_hello_and_ends(self):
        self.assertEqual(run(program("hello")), "hello, world\n")

    def test_ping_pong_plays_the_rounds_asked_for(self):
        self.assertRegex(run(program("ping_pong"), "1000"), r"^1000 rounds in \d+\.\d+ s: \d+ messages a second")

    def test_echo_returns_many_megabytes_unchanged(self):
        data = bytes(range(251)) * 40000
        with echo() as server, server.connect() as stream:
            writer = threading.Thread(target=stream.sendall, args=(data,))
            writer.start()
            said = bytearray()
            while len(said) < len(data):
                part = stream.recv(1 << 20)
                self.assertTrue(part)
                said += part
            writer.join()
            self.assertTrue(bytes(said) == data)

    def test_echo_answers_a_half_closed_peer(self):
        with echo() as server, server.connect() as stream:
            stream.sendall(b"last words")
            stream.shutdown(socket.SHUT_WR)
            self.assertEqual(read_until(stream, None), b"last words")

    def test_echo_serves_many_at_once(self):
        with echo() as server:
            streams = [server.connect() for _ in range(200)]
            for number, stream in enumerate(streams):
                stream.sendall(b"%d." % number)
            for number, stream in enumerate(streams):
                self.assertEqual(read_until(stream, b"."), b"%d." % number)
                stream.close()

    def test_echo_does_not_listen_where_it_cannot(self):
        run(program("echo"), "nowhere", status=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
