#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev run: both servers up, what to type next, and a clean end at Ctrl-C."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest

from support import FlowTest, read_all, run, until

DEV = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "dev")


class RunTest(FlowTest):
    """Ports 6379 and 6667 may be taken by others on this machine: the command that is shown tells which are used."""

    def start(self, *prefix):
        out = tempfile.TemporaryFile()
        self.addCleanup(out.close)
        # A session of its own, so that a signal to its group is what a terminal's Ctrl-C would be.
        process = subprocess.Popen([*prefix, DEV, "run", "--drivers", "2"], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)

        def stop():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        self.addCleanup(stop)

        def text():
            return read_all(out)
        return process, text

    def ready(self, process, text):
        until(60, lambda: "Ctrl-C stops both" in text() or process.poll() is not None, "what to type")
        self.assertIn("Ctrl-C stops both", text())
        return (int(re.search(r"redis-cli -p (\d+)", text()).group(1)),
                int(re.search(r"irssi -c 127\.0\.0\.1 -p (\d+)", text()).group(1)))

    def child(self, process, name):
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as file:
            children = file.read().split()
        for child in children:
            with open(f"/proc/{child}/comm", encoding="utf-8") as file:
                if file.read().strip() == name:
                    return int(child)
        raise AssertionError(f"no {name} among the children {children}")

    def bind(self, taken):
        try:
            taken.bind(("127.0.0.1", 6379))
            taken.listen()
        except OSError:
            return False
        return True

    def test_both_serve_and_end_at_interrupt(self):
        process, text = self.start()
        kv, chat = self.ready(process, text)
        self.assertEqual(run("redis-cli", "-p", str(kv), "PING").strip(), "PONG")
        with socket.create_connection(("127.0.0.1", chat), 5) as stream:
            stream.sendall(b"NICK ann\r\nUSER ann 0 * :Ann\r\n")
            self.assertTrue(stream.recv(100))
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(30), 0, text())
        self.assertIn("gatio-kv: status 0", text())
        self.assertIn("gatio-chat: status 0", text())

    def test_interrupt_is_heard_in_the_background(self):
        process, text = self.start("env", "--ignore-signal=INT")  # as the & of a script does
        self.ready(process, text)
        os.kill(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(30), 0, text())

    def test_taken_port_is_said_and_another_used(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                until(5, lambda: self.bind(taken), "port 6379 is free")
            except AssertionError:
                self.skipTest("somebody else has port 6379, and may leave it")
            process, text = self.start()
            kv, _ = self.ready(process, text)
            self.assertNotEqual(kv, 6379)
            self.assertIn(f"port 6379 is taken, gatio-kv uses {kv}", text())
            os.killpg(process.pid, signal.SIGTERM)
            self.assertEqual(process.wait(30), 0, text())

    def test_server_that_dies_ends_the_run_with_1(self):
        process, text = self.start()
        self.ready(process, text)
        victim = self.child(process, "gatio-chat")
        os.kill(victim, signal.SIGKILL)
        self.assertEqual(process.wait(30), 1, text())
        self.assertIn("gatio-chat has ended by itself", text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
