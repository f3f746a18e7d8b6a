#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-kv, as redis-cli, redis-benchmark and a bare socket see it, on one driver and on several."""
import re
import resource
import socket
import threading
import time
import unittest

from kv_peer import packed
from support import SLOWNESS, FlowTest, Server, read_exactly, read_until, run, until

DRIVERS = ["1", "2", "3"]  # 3 is more than small machines have CPUs

DIALOGUE = [
    ("PING", "PONG"),
    ("PING hello", "hello"),
    ("SET greeting hello", "OK"),
    ("GET greeting", "hello"),
    ("GET nothing", ""),
    ("SETNX greeting other", "0"),
    ("APPEND greeting !", "6"),
    ("STRLEN greeting", "6"),
    ("GETRANGE greeting 0 4", "hello"),
    ("INCR counter", "1"),
    ("INCRBY counter 41", "42"),
    ("DECR counter", "41"),
    ("INCRBYFLOAT counter 0.5", "41.5"),
    ("INCR greeting", "ERR value is not an integer or out of range"),
    ("MSET a 1 b 2 c 3 d 4", "OK"),
    ("MGET a b c d e", "1\n2\n3\n4\n"),
    ("EXISTS a b e", "2"),
    ("DEL a b e", "2"),
    ("UNLINK c d", "2"),
    ("TYPE greeting", "string"),
    ("TYPE nothing", "none"),
    ("TTL greeting", "-1"),
    ("TTL nothing", "-2"),
    ("EXPIRE greeting 100", "1"),
    ("TTL greeting", "100"),
    ("PERSIST greeting", "1"),
    ("RENAME greeting welcome", "OK"),
    ("GETDEL welcome", "hello!"),
    ("DBSIZE", "1"),
    ("SELECT 0", "OK"),
    ("ECHO x", "x"),
    ("GET", "ERR wrong number of arguments for 'get' command"),
    ("FLUSHALL", "OK"),
    ("DBSIZE", "0"),
]


def setUpModule():
    """There are tests with a thousand clients."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def without_blank_lines(text):
    """redis-cli follows an error with an empty line; a nil is one too."""
    return [line for line in text.splitlines() if line]


class KvTest(FlowTest):
    """Each test has a server of its own."""

    def redis(self, server, *words):
        return run("redis-cli", "-p", str(server.port), *words)

    def test_redis_cli_holds_a_dialogue(self):
        for drivers in DRIVERS:
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers) as server:
                self.assertEqual(server.driver_count, int(drivers))
                text = "".join(command + "\n" for command, _ in DIALOGUE)
                said = run("redis-cli", "-p", str(server.port), text=text)
                wanted = "\n".join(answer for _, answer in DIALOGUE)
                self.assertEqual(without_blank_lines(said), without_blank_lines(wanted))

    def test_unknown_command_is_named(self):
        with Server("gatio-kv") as server:
            self.assertIn("ERR unknown command 'NONSENSE'", self.redis(server, "NONSENSE", "x"))

    def test_redis_benchmark_runs_clean(self):
        for drivers in DRIVERS[:2]:
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers) as server:
                said = run("redis-benchmark", "-p", str(server.port), "-t", "set,get,incr,mset", "-c", "50", "-P", "16",
                           "-n", str(int(100000 / SLOWNESS)), "-q", seconds=120)
                said = said.replace("\r", "\n")
                self.assertEqual(said.count("requests per second"), 4, said)
                for word in ("rror", "WARN", "Could not"):
                    self.assertNotIn(word, said)

    def test_resp3_answers_hello_with_a_map(self):
        with Server("gatio-kv") as server, server.connect() as stream:
            stream.sendall(b"HELLO 3\r\n")
            self.assertTrue(read_until(stream, b"role").startswith(b"%"))

    def test_pipelined_answers_keep_their_order_across_shards(self):
        count = 5000
        with Server("gatio-kv", "--drivers", "2") as server, server.connect() as stream:
            sets = b"".join(b"SET key:%d value:%d\r\n" % (i, i) for i in range(count))
            gets = b"".join(b"GET key:%d\r\n" % i for i in range(count))
            wanted = b"+OK\r\n" * count
            for i in range(count):
                value = b"value:%d" % i
                wanted += b"$%d\r\n%s\r\n" % (len(value), value)
            # Answers are read while the rest is written: neither side may wait for the other to finish.
            writer = threading.Thread(target=stream.sendall, args=(sets + gets + b"PING end\r\n",))
            writer.start()
            said = read_until(stream, b"$3\r\nend\r\n", 30)
            writer.join()
            self.assertEqual(said, wanted + b"$3\r\nend\r\n")

    def test_pipeline_may_be_written_before_it_is_read(self):
        count = 150_000
        key = b"k" * 250  # more in all than what sockets hold
        for drivers in DRIVERS[:2]:
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers) as server:
                with server.connect() as stream:
                    stream.sendall(b"SET %s %s\r\n" % (key, b"v" * 100))
                    self.assertEqual(read_until(stream, b"\r\n"), b"+OK\r\n")
                    stream.sendall(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key) * count)
                    wanted = b"$100\r\n%s\r\n" % (b"v" * 100) * count
                    self.assertTrue(read_exactly(stream, len(wanted)) == wanted)

    def test_who_writes_on_and_never_reads_is_told_and_closed(self):
        limits = ["--client-output-buffer-limit", "1mb", "--client-query-buffer-limit", "1mb"]
        with Server("gatio-kv", *limits) as server:
            self.assertIn("normal 1048576 0 0 slave", self.redis(server, "CONFIG", "GET", "client-output-buffer-limit"))
            self.redis(server, "SET", "key", "v" * 100)
            with server.connect() as stream:
                try:
                    for _ in range(20):
                        stream.sendall(b"GET key\r\n" * 100_000)
                    said = read_until(stream, None)
                except ConnectionError:
                    said = None  # it is cut when it goes on and on
                if said is not None:
                    self.assertIn(b"-ERR client-output-buffer-limit reached", said[-100:])
            until(10, lambda: "is closed: ERR client-output-buffer-limit reached" in server.text(), "a line in the log")
            self.assertEqual(self.redis(server, "PING").strip(), "PONG")

    def test_memory_at_its_limit_can_be_read_and_freed(self):
        """By default: no maxmemory says how much data there may be."""
        for drivers in DRIVERS[:2]:
            for size in (300, 40_000, 1_100_000):
                with self.subTest(drivers=drivers, size=size), \
                        Server("gatio-kv", "--drivers", drivers, "--memory", "96mb") as server, \
                        server.connect() as stream:
                    value = b"$%d\r\n%s\r\n" % (size, b"v" * size)
                    count, said = 0, b"+OK\r\n"
                    pipeline = max(1, 300_000 // size)
                    while b"-OOM" not in said and count < 1_000_000:
                        names = [b"key:%d" % (count + i) for i in range(pipeline)]
                        stream.sendall(b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n%s" % (len(name), name, value)
                                                for name in names) + b"PING end\r\n")
                        said = read_until(stream, b"$3\r\nend\r\n")
                        count += pipeline
                    self.assertIn(b"-OOM command not allowed", said)
                    stream.sendall(b"GET key:0\r\nDEL key:0\r\nGET key:0\r\nPING\r\n")
                    wanted = value + b":1\r\n$-1\r\n+PONG\r\n"
                    self.assertTrue(read_exactly(stream, len(wanted)) == wanted)
                    with server.connect() as other:
                        other.sendall(b"GET key:1\r\nFLUSHALL\r\n")
                        wanted = value + b"+OK\r\n"
                        self.assertTrue(read_exactly(other, len(wanted)) == wanted)

                    def sets():
                        stream.sendall(b"SET a b\r\n")
                        return read_until(stream, b"\r\n") == b"+OK\r\n"
                    until(10, sets, "there is memory again")

    def a_thousand_write_all_at_once(self, server, requests_of):
        """What each of a thousand clients reads, whose requests a function of its number gives; None if its connection is cut."""
        streams = [server.connect() for _ in range(1000)]
        for stream in streams:  # all are there before memory ends
            stream.sendall(b"PING\r\n")
            self.assertEqual(read_until(stream, b"\r\n", 30), b"+PONG\r\n")
        for number, stream in enumerate(streams):
            stream.sendall(b"".join(requests_of(number)) + b"QUIT\r\n")
        said = []
        for stream in streams:
            with stream:
                try:
                    said.append(read_until(stream, None, 30))
                except ConnectionError:
                    said.append(None)
        return said

    def pipelines_of_a_thousand(self, server, turns):
        """A list of replies for each client; None if it is cut."""
        value = b"v" * 1000

        def requests_of(number):
            return [b"SET key:%d:%d %s\r\nGET key:%d:%d\r\n" % (number, turn, value, number, turn) for turn in range(turns)]
        said = self.a_thousand_write_all_at_once(server, requests_of)
        return [data if data is None else data.replace(b"$1000\r\n" + value, b"value").split(b"\r\n")[:-1] for data in said]

    def test_a_thousand_clients_pipeline_at_once(self):
        for drivers in DRIVERS[:2]:
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers) as server:
                for replies in self.pipelines_of_a_thousand(server, 20):
                    self.assertEqual(replies, [b"+OK", b"value"] * 20 + [b"+OK"])

    def test_a_thousand_clients_at_the_end_of_memory_are_all_answered(self):
        """Each request has its reply, in order; who has to go is told so; nobody is cut."""
        oom = b"-OOM command not allowed when used memory > 'maxmemory'."
        # Within 64 KiB of requests a client: they wait in the server's memory, and nobody is paused.
        for drivers, memory, turns in (("1", "32mb", 20), ("2", "32mb", 20), ("2", "32mb", 40), ("1", "24mb", 40)):
            with self.subTest(drivers=drivers, memory=memory, turns=turns), \
                    Server("gatio-kv", "--drivers", drivers, "--memory", memory) as server:
                refused = 0
                said = self.pipelines_of_a_thousand(server, turns)
                self.assertEqual(said.count(None), 0)
                for replies in said:
                    self.assertTrue(len(replies) == 2 * turns + 1 or replies[-1:] == [oom], replies[-3:])
                    refused += replies.count(oom)
                    allowed = [(b"+OK", oom), (b"value", b"$-1", oom)] * turns + [(b"+OK", oom)]
                    wrong = [reply for reply, some in zip(replies, allowed) if reply not in some and reply != oom]
                    self.assertEqual(wrong, [])
                self.assertGreater(refused, 0)
                self.assertEqual(self.redis(server, "FLUSHALL").strip(), "OK")
                until(10, lambda: self.redis(server, "SET", "a", "b").strip() == "OK", "there is memory again")

    def test_a_thousand_clients_with_many_keys_at_the_end_of_memory_are_all_answered(self):
        """A part of a request that finds no memory is an error in its reply: nobody is cut, and no OK is said in vain."""
        oom = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"
        value = b"v" * 250

        def requests_of(number):
            for turn in range(20):
                keys = [b"%d:%d:%d" % (number, turn, index) for index in range(4)]
                yield packed([b"MSET"] + [word for key in keys for word in (key, value)])
                yield packed([b"MGET"] + keys)
                yield packed([b"EXISTS"] + keys)
                yield b"DBSIZE\r\n"
        element = rb"(?:\$-1\r\n|\$250\r\nv{250}\r\n|%s)" % re.escape(oom)
        turn = re.compile(rb"(\+OK\r\n|%s)(?:\*4\r\n%s{4}|%s)(:\d\r\n|%s)(?::\d+\r\n|%s)" %
                          (re.escape(oom), element, re.escape(oom), re.escape(oom), re.escape(oom)))
        for drivers in DRIVERS[:2]:
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers, "--memory", "24mb") as server:
                said = self.a_thousand_write_all_at_once(server, requests_of)
                self.assertEqual(said.count(None), 0)
                self.assertGreater(b"".join(said).count(oom), 0)
                for data in said:
                    at = 0
                    for match in turn.finditer(data):
                        self.assertEqual(match.start(), at, data[at:at + 100])
                        self.assertFalse(match[1] == b"+OK\r\n" and match[2] not in (b":4\r\n", oom), match[0])
                        at = match.end()
                    self.assertTrue(data[at:] == b"+OK\r\n" or data.endswith(oom), data[at:][-100:])

    def test_value_of_a_megabyte_comes_back(self):
        value = bytes(range(256)) * 4096
        with Server("gatio-kv") as server, server.connect() as stream:
            stream.sendall(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n%s\r\n" % (len(value), value))
            self.assertEqual(read_until(stream, b"\r\n"), b"+OK\r\n")
            stream.sendall(b"GET big\r\n")
            wanted = b"$%d\r\n%s\r\n" % (len(value), value)
            self.assertTrue(read_exactly(stream, len(wanted)) == wanted)

    def test_values_as_large_as_the_limit_come_back(self):
        """64 MiB: more than any message had room for once."""
        size = 64 << 20
        value = b"$%d\r\n%s\r\n" % (size, bytes(range(256)) * (size // 256))
        with Server("gatio-kv", "--drivers", "2", "--proto-max-bulk-len", "64mb") as server:
            with server.connect() as stream:
                for key in (b"a", b"b"):
                    stream.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\n%s\r\n%s" % (key, value))
                    self.assertEqual(read_until(stream, b"\r\n", 30), b"+OK\r\n")
                stream.sendall(b"MGET a b\r\nAPPEND a x\r\n")
                wanted = (b"*2\r\n" + value * 2
                          + b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n")
                self.assertTrue(read_exactly(stream, len(wanted), 60) == wanted)
            with server.connect() as stream:
                stream.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n" % (size + 1))
                stream.sendall(value)
                self.assertEqual(read_until(stream, b"\r\n"), b"-ERR Protocol error: invalid bulk length\r\n")

    def test_bad_protocol_gets_an_error_and_the_door(self):
        with Server("gatio-kv") as server:
            for bad in (b"*1\r\n:5\r\n", b"*1\r\n$-5\r\n", b"*99999999999\r\n", b"*1\r\n$999999999999\r\n"):
                with self.subTest(bad), server.connect() as stream:
                    stream.sendall(bad)
                    self.assertIn(b"-ERR Protocol error", read_until(stream, None))
            self.assertEqual(self.redis(server, "PING").strip(), "PONG")

    def test_half_closed_client_gets_its_answers(self):
        with Server("gatio-kv") as server, server.connect() as stream:
            stream.sendall(b"SET a 1\r\nGET a\r\n")
            stream.shutdown(socket.SHUT_WR)
            self.assertEqual(read_until(stream, None), b"+OK\r\n$1\r\n1\r\n")

    def test_client_list_shows_the_clients_of_all_drivers(self):
        with Server("gatio-kv", "--drivers", "2") as server:
            streams = [server.connect() for _ in range(8)]
            ids = []
            for index, stream in enumerate(streams):
                stream.sendall(b"CLIENT SETNAME name%d\r\n" % index)
                self.assertEqual(read_until(stream, b"\r\n"), b"+OK\r\n")
                stream.sendall(b"CLIENT ID\r\n")
                ids.append(int(read_until(stream, b"\r\n")[1:]))
            said = self.redis(server, "CLIENT", "LIST")
            for index, number in enumerate(ids):
                self.assertRegex(said, rf"(?m)^id={number} addr=127\.0\.0\.1:\d+ laddr=\S+ fd=\d+ name=name{index} .*rbs=\d+ rbp=\d+ "
                                       r".*cmd=client\|id user=default redir=-1 resp=2")
            self.assertIn("cmd=client|list", said)
            self.assertEqual(len(without_blank_lines(said)), len(ids) + 1)
            said = self.redis(server, "CLIENT", "LIST", "ID", str(ids[3]), str(ids[0]), "999999")
            self.assertEqual([line.split()[0] for line in without_blank_lines(said)], [f"id={ids[3]}", f"id={ids[0]}"])
            self.assertEqual(without_blank_lines(self.redis(server, "CLIENT", "LIST", "TYPE", "master")), [])
            streams.pop().close()
            until(10, lambda: f"id={ids[-1]} " not in self.redis(server, "CLIENT", "LIST"), "the client is gone")
            for stream in streams:
                stream.close()

    def test_scan_fills_its_pages_over_the_shards(self):
        keys = {f"key{i}" for i in range(25)}
        for drivers in DRIVERS:
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers) as server:
                self.redis(server, "MSET", *[word for key in sorted(keys) for word in (key, "x")])
                for count in (3, 10, 24, 1000):
                    found, cursor, sizes = set(), "0", []
                    while True:
                        cursor, *page = self.redis(server, "SCAN", cursor, "COUNT", str(count)).split()
                        found.update(page)
                        sizes.append(len(page))
                        if cursor == "0":
                            break
                    self.assertEqual(found, keys)
                    self.assertTrue(all(size >= count for size in sizes[:-1]), sizes)
                self.assertEqual(self.redis(server, "SCAN", "0", "COUNT", "1000").split()[0], "0")

    def test_rename_needs_no_memory_of_its_own(self):
        with Server("gatio-kv", "--drivers", "2", "--maxmemory", "100kb") as server, server.connect() as stream:
            stream.sendall(b"".join(b"SET key:%d %s\r\n" % (i, b"v" * 1000) for i in range(200)) + b"PING end\r\n")
            self.assertIn(b"-OOM", read_until(stream, b"$3\r\nend\r\n"))
            for i in range(10):
                self.assertEqual(self.redis(server, "RENAME", f"key:{i}", f"other:{i}").strip(), "OK")
                self.assertEqual(self.redis(server, "RENAME", f"other:{i}", f"key:{i}").strip(), "OK")

    def test_expired_keys_leave_dbsize_without_being_asked_for(self):
        with Server("gatio-kv", "--drivers", "2") as server, server.connect() as stream:
            stream.sendall(b"".join(b"SET key:%d v PX 50\r\n" % i for i in range(1000)) + b"SET stays v\r\nPING end\r\n")
            read_until(stream, b"$3\r\nend\r\n")
            until(20, lambda: self.redis(server, "DBSIZE").strip() == "1", "only one is left")

    def test_average_ttl_is_told(self):
        with Server("gatio-kv", "--drivers", "2") as server:
            for i in range(10):
                self.redis(server, "SET", f"key{i}", "x", "PX", "50000000")

            def average():
                return int(self.redis(server, "INFO", "keyspace").split("avg_ttl=")[1].split()[0])
            until(10, lambda: 40000000 < average() <= 50000000, "an average near what was set")

    def test_many_arguments_with_options_and_names(self):
        with Server("gatio-kv") as server:
            self.assertEqual(self.redis(server, "SET", "a", "b", *["KEEPTTL"] * 60).strip(), "OK")
            self.assertEqual(self.redis(server, "COMMAND", "GETKEYS", "MGET", *["k"] * 60).split(), ["k"] * 60)
            self.assertIn("# Server", self.redis(server, "INFO", *["nope"] * 60, "server"))

    def test_time_beyond_all_times_is_never(self):
        with Server("gatio-kv", "--timeout", "18446744073") as server, server.connect() as stream:
            for _ in range(3):
                stream.sendall(b"PING\r\n")
                self.assertEqual(read_until(stream, b"\r\n"), b"+PONG\r\n")
                time.sleep(0.05)
            self.assertIn("18446744073", self.redis(server, "CONFIG", "GET", "timeout"))

    def test_drain_ends_idle_connections_and_frees_the_port(self):
        with Server("gatio-kv", "--drivers", "2", "--drain-seconds", "5") as server:
            idle = [server.connect() for _ in range(20)]
            idle[0].sendall(b"PING\r\n")
            self.assertEqual(read_until(idle[0], b"\r\n"), b"+PONG\r\n")
            self.assertEqual(server.drain(), 0, server.text())
            for stream in idle:
                self.assertEqual(read_until(stream, None), b"")
                stream.close()
            with self.assertRaises(ConnectionRefusedError):
                server.connect()


if __name__ == "__main__":
    unittest.main(verbosity=2)
