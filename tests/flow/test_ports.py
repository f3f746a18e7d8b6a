#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ports of real servers: who gets an address, when it is free again, and whom a stop serves."""
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import SLOWNESS, FlowTest, Server, free_port, program, read_all, read_until, until

ROUNDS = 5
CLIENTS = 60


class Started:
    """A server that may not get its port."""

    def __init__(self, port):
        self.out, self.log = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen([program("gatio-kv"), "--listen", f"127.0.0.1:{port}", "--drivers", "2"],
                                        stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.log)

    def is_ready(self):
        return read_all(self.out).startswith("ready")

    def is_decided(self):
        return self.is_ready() or self.process.poll() is not None

    def text(self):
        return read_all(self.log)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.out.close()
        self.log.close()


class Ports(FlowTest):
    def test_of_two_started_together_one_is_ready(self):
        for _ in range(ROUNDS):
            port = free_port()
            servers = [Started(port) for _ in range(2)]
            try:
                until(20, lambda: all(server.is_decided() for server in servers), "both are decided")
                ready = [server for server in servers if server.is_ready()]
                self.assertEqual(len(ready), 1, [server.text() for server in servers])
                other = servers[1 - servers.index(ready[0])]
                self.assertNotEqual(other.process.wait(), 0)
                self.assertIn("another program listens there", other.text())
                with socket.create_connection(("127.0.0.1", port), 10) as stream:
                    stream.sendall(b"PING\r\n")
                    self.assertEqual(read_until(stream, b"\r\n"), b"+PONG\r\n")
            finally:
                for server in servers:
                    server.kill()

    def test_killed_server_is_followed_at_once(self):
        port = free_port()
        for _ in range(ROUNDS):
            server = Started(port)
            try:
                until(20, server.is_decided, "it is ready")
                self.assertTrue(server.is_ready(), server.text())
                streams = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(20)]
                for stream in streams:
                    stream.sendall(b"PING\r\n")
                    read_until(stream, b"\r\n")
            finally:
                server.kill()
            for stream in streams:
                stream.close()

    def test_stop_serves_the_backlog(self):
        """The server stands still while clients come, and goes on with the signal."""
        with Server("gatio-kv", "--drivers", "2") as server:
            server.process.send_signal(signal.SIGSTOP)
            streams = [server.connect() for _ in range(CLIENTS)]
            for stream in streams:
                stream.sendall(b"PING\r\n" * 10)
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGCONT)
            for stream in streams:
                self.assertEqual(read_until(stream, None), b"+PONG\r\n" * 10)
                stream.close()
            self.assertEqual(server.process.wait(20 * SLOWNESS), 0)

    def test_cut_is_a_reset(self):
        """A peer that does not read: what it was to get is dropped at the drain's deadline, and it can tell."""
        with Server("gatio-kv", "--drivers", "1") as server:
            with server.connect() as stream:
                value = b"x" * (1 << 20)
                stream.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n" % (len(value), value))
                self.assertEqual(read_until(stream, b"\r\n"), b"+OK\r\n")
                stream.sendall(b"GET k\r\n" * 12)
                time.sleep(0.5)
                server.process.send_signal(signal.SIGTERM)
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(20 * SLOWNESS), 0)
                with self.assertRaises(ConnectionResetError):
                    read_until(stream, None)


if __name__ == "__main__":
    unittest.main(verbosity=2)
