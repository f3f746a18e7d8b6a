#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What both servers and the tool do with options, files and the environment, and how they end."""
import functools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from support import FlowTest, Server, program, run, until

SERVERS = ("gatio-kv", "gatio-chat")
USAGE, CONFIG, FAILED = 2, 78, 1

# Becomes the program of its arguments, to which a seccomp filter answers one system call with EPERM, as containers do.
WITH_REFUSAL = """
import ctypes, os, struct, sys
filter = b"".join(struct.pack("=HBBI", *each) for each in (
    (0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)))
buffer = ctypes.create_string_buffer(filter, len(filter))
program = struct.pack("@HP", 4, ctypes.addressof(buffer))
prctl = ctypes.CDLL(None).prctl
no_new_privileges, set_seccomp, mode_filter, zero = 38, 22, ctypes.c_ulong(2), ctypes.c_ulong(0)
if prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero) or prctl(set_seccomp, mode_filter, program):
    sys.exit("no seccomp")
os.execv(sys.argv[2], sys.argv[2:])
"""


def for_each_server(test):
    """The test's claim holds for both."""
    @functools.wraps(test)
    def both(self):
        for name in SERVERS:
            with self.subTest(name):
                test(self, name)
    return both


class OptionsTest(FlowTest):
    """What is the same for both servers, and for the tool."""

    def config(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".conf")
        file.write(text)
        file.flush()
        self.addCleanup(file.close)
        return file.name

    @for_each_server
    def test_help_names_every_option_relied_on(self, name):
        said = run(program(name), "--help")
        for option in ("--listen", "--drivers", "--cpus", "--drain-seconds", "--config", "--version"):
            self.assertIn(option, said)

    @for_each_server
    def test_version_is_one_line_with_the_name(self, name):
        self.assertRegex(run(program(name), "--version"), rf"^{name} \d+\.\d+\.\d+\b.*\n$")

    @for_each_server
    def test_unknown_option_names_the_nearest(self, name):
        self.assertIn("--drivers", run(program(name), "--driver", "2", status=USAGE))

    @for_each_server
    def test_argument_without_an_option_is_a_usage_error(self, name):
        run(program(name), "nonsense", status=USAGE)

    @for_each_server
    def test_unknown_name_in_a_file_names_line_and_nearest(self, name):
        path = self.config("# a comment\n\ndrivres 2\n")
        said = run(program(name), "--config", path, status=CONFIG)
        self.assertIn(f"{path}:3", said)
        self.assertIn("drivers", said)

    @for_each_server
    def test_file_that_is_not_there_is_a_config_error(self, name):
        run(program(name), "--config", "/nonexistent/gatio.conf", status=CONFIG)

    @for_each_server
    def test_impossible_value_says_what_is_possible(self, name):
        said = run(program(name), "--listen", "127.0.0.1:0", "--cpus", "8191", status=CONFIG)
        self.assertIn("8191", said)

    @for_each_server
    def test_refusal_names_options_as_they_are_given(self, name):
        cpu = str(min(os.sched_getaffinity(0)))
        for options, words in (
                (("--drivers", "3", "--cpus", cpu, "--roles", "tasks=1"),
                 ('--roles "tasks=1": ', "but the option --drivers says 3")),
                (("--cpus", cpu, "--roles", "both=999"), ("or --drivers=999 to let them share",)),
                (("--cpus", cpu, "--tpcs", "8191"), ('--tpcs "8191": ', f"the option --cpus allows {cpu}\n")),
                (("--roles", "roles=1"), ('--roles "roles=1": "roles" is not a role; a role is io, tasks or both\n',)),
                (("--roles", "a driver_count cpus"), ('--roles "a driver_count cpus": use both',))):
            with self.subTest(options):
                said = run(program(name), "--listen", "127.0.0.1:0", *options, status=CONFIG)
                for word in words:
                    self.assertIn(word, said)

    @for_each_server
    def test_advice_on_pinning_names_the_option(self, name):
        number = {"x86_64": 203, "aarch64": 122}.get(os.uname().machine)
        if number is None:
            self.skipTest("the number of sched_setaffinity is not known here")
        said = run(sys.executable, "-c", WITH_REFUSAL, str(number), program(name), "--listen", "127.0.0.1:0",
                   "--cpus", "8191", status=None)  # the advice comes before the refusal that ends it
        if "no seccomp" in said:
            self.skipTest("there is no seccomp here")
        self.assertIn("with the option --pin no they do so without a word", said)

    @for_each_server
    def test_backend_left_open_is_that_of_the_environment(self, name):
        for options in ((), ("--backend", "auto")):
            with self.subTest(options), Server(name, *options, environment={"GATIO_BACKEND": "epoll"}) as server:
                folder = f"/proc/{server.process.pid}/fd"
                kinds = {os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)}
                self.assertIn("anon_inode:[eventpoll]", kinds)
                self.assertNotIn("anon_inode:[io_uring]", kinds)

    def test_refusal_of_memory_names_the_option(self):
        said = run(program("gatio-kv"), "--listen", "127.0.0.1:0", "--memory", "1mb", status=CONFIG)
        self.assertIn("--memory 1048576: ", said)

    def test_memory_without_room_for_buffers_is_not_locked_memory(self):
        said = run(program("gatio-kv"), "--listen", "127.0.0.1:0", "--memory", "8mb", "--drivers", "16", "--pin", "no",
                   status=1)
        self.assertIn("cannot be opened: Cannot allocate memory: --memory, 8 MiB for TPC 0, has no room for what its "
                      "drivers need: raise it, or use fewer drivers", said)
        self.assertNotIn("ulimit", said)

    @for_each_server
    def test_bad_address_is_refused_with_its_name(self, name):
        path = self.config("listen nowhere\n")
        self.assertIn("nowhere", run(program(name), "--config", path, status=CONFIG))

    @for_each_server
    def test_flag_beats_environment_beats_file(self, name):
        prefix = name.upper().replace("-", "_") + "_"
        path = self.config("drivers 3\n")
        with Server(name, "--config", path) as server:
            self.assertEqual(server.driver_count, 3)
        with Server(name, "--config", path, environment={prefix + "DRIVERS": "2"}) as server:
            self.assertEqual(server.driver_count, 2)
        with Server(name, "--config", path, "--drivers", "1", environment={prefix + "DRIVERS": "2"}) as server:
            self.assertEqual(server.driver_count, 1)

    @for_each_server
    def test_variables_of_a_kubernetes_service_end_no_start(self, name):
        prefix = name.upper().replace("-", "_") + "_"
        with Server(name, "--drivers", "1", environment={
                prefix + "SERVICE_HOST": "10.0.0.7", prefix + "PORT": "tcp://10.0.0.7:7"}) as server:
            lines = [line for line in server.text().splitlines() if prefix in line]
            self.assertEqual(len(lines), 1)
            self.assertIn(prefix + "SERVICE_HOST", lines[0])
            self.assertIn(prefix + "PORT", lines[0])

    @for_each_server
    def test_bound_that_is_named_is_the_bound(self, name):
        for count in ("1024", "9999"):
            self.assertIn("from 0 to 1023", run(program(name), "--drivers", count, status=USAGE))
        run(program(name), "--drivers", "1023", "--check-config")

    @for_each_server
    def test_listen_can_be_repeated(self, name):
        with Server(name, listen=("127.0.0.1:0", "127.0.0.2:0")) as server:
            self.assertEqual(len(server.ports), 2)
            for address, port in zip(("127.0.0.1", "127.0.0.2"), server.ports):
                socket.create_connection((address, port), 5).close()

    @for_each_server
    def test_taken_port_is_said_and_not_waited_for(self, name):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.assertIn(address, run(program(name), "--listen", address, status=FAILED))

    @for_each_server
    def test_interrupt_drains_as_terminate_does(self, name):
        with Server(name) as server:
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.process.wait(20), 0)

    @for_each_server
    def test_cpus_bind_the_drivers(self, name):
        cpu = min(os.sched_getaffinity(0))
        with Server(name, "--cpus", str(cpu)) as server:
            self.assertEqual(server.driver_count, 1)
            affinities = [os.sched_getaffinity(int(task)) for task in os.listdir(f"/proc/{server.process.pid}/task")]
            self.assertIn({cpu}, affinities)

    @for_each_server
    def test_pin_no_leaves_threads_to_the_kernel(self, name):
        ours = os.sched_getaffinity(0)
        with Server(name, "--pin", "no", "--drivers", "1") as server:
            tasks = os.listdir(f"/proc/{server.process.pid}/task")
            self.assertEqual([os.sched_getaffinity(int(task)) for task in tasks], [ours] * len(tasks))
        self.assertIn("must be yes or no", run(program(name), "--pin", "maybe", status=USAGE))
        self.assertIn("pin no", run(program(name), "--config", self.config("pin no\n"), "--check-config"))

    def test_readers_of_log_and_ready_line_may_go_away(self):
        for name in (*SERVERS, "echo"):
            options = () if name == "echo" else ("--log-level", "debug", "--drivers", "2")
            address = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"
            listen = (f"{address}:7000",) if name == "echo" else ("--listen", f"{address}:7000")
            # Gone before the first line is written, and gone after the ready line has been read.
            for is_gone_before in (True, False):
                with self.subTest(name, is_gone_before=is_gone_before):
                    reader, writer = os.pipe()
                    if is_gone_before:
                        os.close(reader)
                    process = subprocess.Popen([program(name), *listen, *options], stdin=subprocess.DEVNULL,
                                               stdout=writer, stderr=writer)
                    os.close(writer)
                    try:
                        if not is_gone_before:
                            with open(reader, "rb") as file:
                                self.assertTrue(any(line.startswith(b"ready") for line in file))
                        with until(20, lambda: self.try_connect(process, address), f"{name} listens") as stream:
                            process.send_signal(signal.SIGTERM)
                            stream.settimeout(20)
                            while stream.recv(4096):  # a drained end, no reset
                                pass
                        self.assertEqual(process.wait(30), 0)
                    finally:
                        if process.poll() is None:
                            process.kill()
                            process.wait()

    def try_connect(self, process, address):
        self.assertIsNone(process.poll())
        try:
            return socket.create_connection((address, 7000), 5)
        except ConnectionRefusedError:
            return None

    def test_tool_refuses_what_it_does_not_know(self):
        run(program("gatio"), "nonsense", status=USAGE)
        self.assertIn("topology", run(program("gatio"), "--help"))
        for count in ("0", "1024", "99999999999"):
            self.assertIn("from 1 to 1023", run(program("gatio"), "topology", "--drivers", count, status=USAGE))


if __name__ == "__main__":
    unittest.main(verbosity=2)
