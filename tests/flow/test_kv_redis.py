#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-kv beside redis-server: what tells of commands, clients and the server itself, and requests of very many words."""
import re
import shutil
import socket
import sys
import tempfile
import unittest

from kv_peer import Stream, packed, parsed, start_redis, whole
from support import FlowTest, Server, free_port

MANY = 3000  # more arguments than a request keeps in an array
KEYS = [b"key%d" % i for i in range(MANY)]
PAIRS = [word for key in KEYS for word in (key, b"value of " + key)]

# What is replied depends on those before.
MANY_ARGUMENTS = [
    # Keys.
    [b"MSET"] + PAIRS, [b"MGET"] + KEYS, [b"EXISTS"] + KEYS, [b"TOUCH"] + KEYS, [b"DEL"] + KEYS[::2], [b"UNLINK"] + KEYS,
    [b"MSETNX"] + PAIRS, [b"MSETNX"] + PAIRS, [b"DEL"] + KEYS[:-1], [b"MSETNX"] + PAIRS, [b"EXISTS"] + KEYS, [b"DEL"] + KEYS,
    [b"MSETNX"] + PAIRS + [b"x"], [b"MSETNX"] + PAIRS * 2, [b"MGET"] + KEYS, [b"MSET"] + PAIRS + [b"x"],
    # Options.
    [b"SET", b"a", b"b"] + [b"KEEPTTL"] * MANY, [b"SET", b"a", b"c"] + [b"GET"] * MANY, [b"GET", b"a"],
    [b"SET", b"a", b"b"] + [b"EX", b"10"] * MANY, [b"SET", b"a", b"b"] + [b"NX"] * 1021, [b"SET", b"a", b"b"] + [b"NX"] * 1022,
    [b"SET", b"none", b"b"] + [b"XX"] * MANY, [b"SET", b"none", b"b"] + [b"XX"] * MANY + [b"nope"],
    [b"GETEX", b"a"] + [b"PERSIST"] * MANY, [b"EXPIRE", b"a", b"1000"] + [b"NX"] * MANY,
    [b"EXPIRE", b"a", b"100"] + [b"XX"] * MANY + [b"LT"], [b"EXPIRE", b"a", b"100"] + [b"GT"] * MANY + [b"nope"],
    [b"PERSIST", b"a"], [b"SCAN", b"0"] + [b"COUNT", b"0"] * MANY, [b"SCAN", b"0"] + [b"MATCH", b"*"] * MANY + [b"x"],
    [b"SCAN", b"0"] + [b"TYPE", b"hash"] * MANY + [b"COUNT", b"100000"],
    [b"SCAN", b"0"] + [b"COUNT", b"1"] * MANY + [b"MATCH", b"key77", b"COUNT", b"100000"],
    [b"HELLO", b"3"] + [b"SETNAME", b"name"] * MANY, [b"HELLO", b"2"] + [b"SETNAME", b"a"] * MANY + [b"nope"],
    # Names.
    [b"COMMAND", b"INFO"] + [b"nope"] * MANY, [b"COMMAND", b"INFO"] + [b"ping"] * MANY, [b"COMMAND", b"GETKEYS", b"GET"] + KEYS,
    [b"COMMAND", b"DOCS"] + [b"nope"] * MANY + [b"get"], [b"COMMAND", b"GETKEYS", b"MGET"] + KEYS,
    [b"COMMAND", b"GETKEYSANDFLAGS", b"MSET"] + PAIRS, [b"COMMAND", b"LIST", b"FILTERBY"] + KEYS, [b"COMMAND", b"COUNT"] + KEYS,
    [b"CONFIG", b"GET"] + [b"nope"] * MANY + [b"save"], [b"CONFIG", b"SET"] + [b"nope", b"1"] * MANY,
    [b"CONFIG", b"SET"] + [b"nope", b"1"] * MANY + [b"x"], [b"CLIENT", b"LIST", b"ID"] + [b"999999"] * MANY,
    [b"CLIENT", b"LIST", b"ID"] + [b"999999"] * MANY + [b"x"], [b"INFO"] + [b"nope"] * MANY, [b"INFO"] + [b"nope"] * MANY + [b"cluster"],
    # Too many.
    [b"GET"] + KEYS, [b"PING"] + KEYS, [b"FOO"] + KEYS, [b"FLUSHALL"] + KEYS, [b"AUTH"] + KEYS, [b"CLUSTER", b"INFO"] + KEYS,
    [b"CLUSTER", b"ADDSLOTS"] + KEYS, [b"CLIENT", b"nope"] + KEYS, [b"FUNCTION", b"FLUSH"] + KEYS, [b"RENAME"] + KEYS, [b"DBSIZE"],
    [b"PING"] + [b"x"] * (1024 * 1024),
]

CONFIG_REQUESTS = [
    b"CONFIG SET", b"CONFIG SET save", b"CONFIG SET a 1 b", b"CONFIG SET a 1 b 2", b"CONFIG SET save 1 b", b"CONFIG SET nope 1 save 2",
    b"CONFIG SET nope 1 nope 2", b"CONFIG SET a 1 b 2 c", b"CONFIG GET", b"CONFIG GET nope", b"CONFIG GET nope save",
    b"CONFIG GET save nope save", b"CONFIG GET SAVE", b"CONFIG GET sav?", b"CONFIG GET [s]ave appendonly", b"CONFIG GET save sav?",
    b"CONFIG GET append[oO]nl*", b"CONFIG GET databases timeout maxmemory", b"CONFIG GET \"\"", b"CONFIG RESETSTAT x", b"CONFIG REWRITE x",
    b"CONFIG nope", b"CONFIG", b"config get Maxmemory-Policy",
]

INFO_ARGUMENTS = [
    b"", b"all", b"everything", b"default", b"ALL", b"server", b"Server cpu", b"cpu server", b"server server", b"nope", b"modules",
    b"commandstats", b"latencystats", b"errorstats", b"keyspace", b"default commandstats", b"all modules", b"everything nope",
    b"cluster nope keyspace", b"debug", b"commandstats errorstats", b"default all", b"all default", b"modules server", b"replication",
    b"persistence", b"stats", b"memory", b"clients", b"*", b"latencystats keyspace clients",
]

# What a client does, of which others see in CLIENT LIST what it was.
ACTS = [
    b"PING", b"GET a", b"SET a b", b"GET", b"nope", b"SELECT 3", b"MGET a b", b"CLIENT ID", b"CLIENT nope", b"CLIENT", b"CLIENT ID x",
    b"CONFIG GET save", b"CONFIG nope", b"COMMAND COUNT", b"COMMAND", b"HELLO 3", b"CLIENT SETNAME me", b"CLIENT NO-EVICT on",
    b"DBSIZE", b"KEYS *", b"RENAME none other", b"INFO server", b"SELECT 99", b"HELLO 2", b"RESET", b"client getname",
]
CLIENT_FIELDS = ("name", "flags", "db", "sub", "psub", "ssub", "multi", "multi-mem", "oll", "events", "cmd", "user", "redir", "resp")

# Of later versions: redis 7.0 has no facts of them.
LATER = (b"client|setinfo", b"client|no-touch")


def unordered(value):
    """Sets have no order, nor have maps here."""
    if isinstance(value, dict):
        return {key: unordered(part) for key, part in value.items()}
    return sorted((unordered(part) for part in value), key=repr) if isinstance(value, list) else value


class RedisPortTest(FlowTest):
    def test_taken_port_is_left_to_whoever_has_it(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.TemporaryDirectory(prefix="redis-") as folder:
            tried = []

            def ports():
                tried.append(free_port() if tried else taken.getsockname()[1])
                return tried[-1]
            redis, port = start_redis(folder, ports=ports)
            try:
                self.assertGreater(len(tried), 1)
                self.assertEqual(port, tried[-1])
                stream = Stream(port)
                stream.socket.sendall(packed([b"PING"]))
                self.assertEqual(stream.reply(), b"+PONG\r\n")
                stream.close()
            finally:
                redis.terminate()
                redis.wait()

    def test_redis_that_ends_for_another_reason_is_told(self):
        with tempfile.TemporaryDirectory(prefix="redis-") as folder:
            with self.assertRaisesRegex(AssertionError, "nonsense-option"):
                start_redis(folder, "--nonsense-option", "1")


class KvRedisTest(FlowTest):
    """Both have the same port number of streams: the first is gatio-kv's, the second redis's."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="redis-")
        cls.redis, redis_port = start_redis(cls.folder.name)
        cls.server = Server("gatio-kv", "--drivers", "2").__enter__()
        cls.ports = [cls.server.port, redis_port]

    @classmethod
    def tearDownClass(cls):
        cls.redis.terminate()
        cls.redis.wait()
        cls.folder.cleanup()
        cls.server.__exit__(None, None, None)

    def setUp(self):
        self.streams = [Stream(port) for port in self.ports]

    def tearDown(self):
        for stream in self.streams:
            stream.close()

    def ask(self, request):
        """What both reply, as they do."""
        for stream in self.streams:
            stream.socket.sendall(request if isinstance(request, bytes) else packed(request))
        return [stream.reply() for stream in self.streams]

    def ask_parsed(self, *words):
        return [parsed(whole(reply)) for reply in self.ask(words)]

    def assert_same(self, words, replies):
        shown = words if isinstance(words, bytes) else b" ".join(words[:4])[:80] + b" (%d words)" % len(words)
        replies = [re.sub(rb"id\r\n:\d+\r\n", b"", reply) for reply in replies]
        if words[0] == b"COMMAND" or shown.lower().startswith(b"config get"):
            replies = [sorted(reply.split(b"\r\n")) for reply in replies]
        self.assertTrue(replies[0] == replies[1], f"{shown}\n  gatio-kv: {replies[0][:300]}\n  redis:    {replies[1][:300]}")

    def in_both_protocols(self):
        for protocol in (b"2", b"3"):
            with self.subTest(protocol=protocol):
                self.ask([b"FLUSHALL"])
                self.ask([b"HELLO", protocol])
                yield protocol

    def test_very_many_arguments(self):
        for _ in self.in_both_protocols():
            for words in MANY_ARGUMENTS:
                self.assert_same(words, self.ask(words))

    def test_config_takes_names_in_any_number(self):
        for _ in self.in_both_protocols():
            for line in CONFIG_REQUESTS:
                self.assert_same(line, self.ask(line + b"\r\n"))

    def names(self):
        """All commands and subcommands that gatio-kv has."""
        names = self.ask_parsed(b"COMMAND", b"LIST")[0]
        self.assertGreater(len(names), 100)
        return [name for name in names if name not in LATER]

    def test_command_docs_are_the_same(self):
        self.ask([b"HELLO", b"3"])
        names = self.names()
        self.assertIn(b"config|get", names)
        for name in names:
            mine, theirs = (reply[name] for reply in self.ask_parsed(b"COMMAND", b"DOCS", name))
            known = mine.pop(b"subcommands", {})
            others = theirs.pop(b"subcommands", {})
            self.assertEqual([*unordered(mine).items()], [*unordered(theirs).items()], name)
            for sub in set(known) - set(LATER):
                self.assertEqual([*unordered(known[sub]).items()], [*unordered(others[sub]).items()], sub)
        everything = self.ask_parsed(b"COMMAND", b"DOCS")[0]
        self.assertEqual(set(everything), {name for name in names if b"|" not in name})

    def test_command_docs_of_both_protocols_and_several_names(self):
        for _ in self.in_both_protocols():
            for names in (b"get", b"set nope GETSET", b"Config|Get", b"mset mset hello", b"get|set", b"config|", b"|", b"cluster|slots"):
                self.assert_same(names, self.ask(b"COMMAND DOCS " + names + b"\r\n"))

    def test_command_info_is_the_same(self):
        for _ in self.in_both_protocols():
            for name in self.names():
                mine, theirs = (unordered(reply[0][:9]) for reply in self.ask_parsed(b"COMMAND", b"INFO", name))
                self.assertEqual(mine, theirs, name)
            for name in (b"config", b"command", b"client", b"cluster", b"get"):
                mine, theirs = ({sub[0]: unordered(sub) for sub in reply[0][9]} for reply in self.ask_parsed(b"COMMAND", b"INFO", name))
                for sub in set(mine) - set(LATER):
                    self.assertEqual(mine[sub], theirs[sub], sub)

    def test_info_has_the_sections_that_are_asked_for(self):
        self.ask(b"SET key value\r\n")
        for arguments in INFO_ARGUMENTS:
            texts = [parsed(whole(reply)).decode() for reply in self.ask(b"INFO " + arguments + b"\r\n")]
            mine, theirs = (re.sub(r"(?m)^[a-z]\w*:.*\r\n|^\w+_[A-Za-z|]+:.*\r\n", "", text) for text in texts)
            self.assertEqual(mine, theirs, arguments)

    def test_info_tells_in_the_order_of_redis(self):
        mine, theirs = (re.findall(r"(?m)^([a-z]\w*):", parsed(whole(reply)).decode()) for reply in self.ask(b"INFO\r\n"))
        common = [name for name in mine if name in theirs]
        self.assertGreater(len(common), 45)
        self.assertEqual(common, [name for name in theirs if name in mine])

    def test_info_tells_sizes_as_redis_does(self):
        told = parsed(whole(self.ask(b"INFO memory\r\n")[0])).decode()
        for name in ("used_memory", "total_system_memory", "maxmemory"):
            size, unit = int(re.search(rf"(?m)^{name}:(\d+)\r$", told)[1]), 0
            while size >= 1024:
                size, unit = size / 1024, unit + 1
            self.assertIn(f"{name}_human:{size:.{2 if unit else 0}f}{'BKMGTP'[unit]}\r\n", told)
        mine, theirs = (re.search(rb"total_system_memory_human:\S+", reply)[0] for reply in self.ask(b"INFO memory\r\n"))
        self.assertEqual(mine, theirs)

    def test_errors_are_counted_by_their_kind(self):
        self.ask(b"CONFIG RESETSTAT\r\n")
        for line in (b"nope", b"GET", b"SET a b EX 0", b"HELLO 9", b"AUTH a b", b"SELECT 99", b"MSET a", b"SCAN x", b"RENAME none other",
                     b"INCR text", b"CLIENT nope", b"COMMAND GETKEYS nope", b"MSETNX a", b"CONFIG SET nope 1"):
            self.ask(b"SET text x\r\n")
            self.assert_same(line, self.ask(line + b"\r\n"))
        self.assert_same(b"INFO errorstats", self.ask(b"INFO errorstats\r\n"))
        mine, theirs = (re.search(rb"total_error_replies:\d+", reply)[0] for reply in self.ask(b"INFO stats\r\n"))
        self.assertEqual(mine, theirs)
        self.ask(b"CONFIG RESETSTAT\r\n")
        self.assert_same(b"INFO errorstats", self.ask(b"INFO errorstats\r\n"))

    def test_errors_of_one_request_in_several_shards_are_one(self):
        with Server("gatio-kv", "--drivers", "2", "--maxmemory", "20kb") as server:
            stream = Stream(server.port)
            said = b""
            while not said.startswith(b"-OOM"):
                stream.socket.sendall(packed([b"MSET"] + [b"value" * 10] * 100 + PAIRS[:100]))
                said = stream.reply()
            stream.socket.sendall(packed([b"CONFIG", b"RESETSTAT"]) + packed([b"MSET"] + PAIRS[:100]) + packed([b"MSETNX"] + PAIRS[:100])
                                  + b"INFO errorstats\r\n")
            replies = [stream.reply() for _ in range(4)]
            self.assertEqual([reply[:4] for reply in replies[:3]], [b"+OK\r", b"-OOM", b"-OOM"])
            self.assertIn(b"errorstat_OOM:count=2\r\n", replies[3])
            stream.close()

    def test_client_list_shows_what_others_did(self):
        numbers = [parsed(whole(reply)) for reply in self.ask(b"CLIENT ID\r\n")]
        others = [Stream(port) for port in self.ports]
        self.addCleanup(lambda: [other.close() for other in others])
        for act in ACTS:
            self.ask(act + b"\r\n")
            told = []
            for other, number in zip(others, numbers):
                other.socket.sendall(b"CLIENT LIST ID %d\r\n" % number)
                told.append(dict(field.split("=", 1) for field in parsed(other).decode().split()))
            self.assertEqual([told[0][name] for name in CLIENT_FIELDS], [told[1][name] for name in CLIENT_FIELDS], act)
            self.assertEqual(list(told[0])[:len(told[1])], list(told[1]))

    def test_client_list_tells_the_room_for_replies(self):
        stream = self.streams[0]

        def told():
            stream.socket.sendall(b"CLIENT INFO\r\n")
            fields = dict(field.split("=", 1) for field in parsed(stream).decode().split())
            return int(fields["rbs"]), int(fields["rbp"])
        room, peak = told()
        self.assertEqual(peak, 0)
        self.assertGreater(room, 0)
        self.ask([b"SET", b"long", b"x" * 5000])
        self.ask(b"GET long\r\n")
        room, peak = told()
        self.assertGreater(peak, 5000)
        self.assertGreaterEqual(room, peak)


if __name__ == "__main__":
    if not shutil.which("redis-server"):
        print("SKIPPED: there is no redis-server")
        sys.exit(77)
    unittest.main(verbosity=2)
