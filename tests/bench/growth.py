#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Costs do not grow with drivers, actors, connections or pairs: the smaller edition of ./dev bench --growth.

    tests/bench/growth.py BUILD-FOLDER

Counts are no times, so their bounds may be asserted. Exit 77: an instrument is missing or may not be used here.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
DEADLINE_SECONDS = 280
# A row that is not counted any more would hold for ever.
EXPECTED = ["local, by drivers", "lives, by drivers", "one-pair, by drivers", "all-pairs, by drivers",
            "chain, by drivers", "around, by drivers", "spread, by drivers", "gather, by drivers",
            "local, by actors", "everyone, by actors", "lives, by actors", "lives, in messages of local",
            "echo, by idle connections", "get, by idle connections", "set, by idle connections",
            "echo, by idle connections", "get, by idle connections", "set, by idle connections",
            "echo, 64 at once, by idle", "get, 64 at once, by idle", "set, 64 at once, by idle",
            "memory, 48 pairs, by drivers", "memory, 32 drivers, by pairs", "memory, idle drivers"]


def missing():
    for tool in ("valgrind", "callgrind_control", "strace"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    probe = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return f"strace may not trace here: {probe.stderr.strip()}" if probe.returncode else None


def main():
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    count = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "growth", "count.py")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "growth.json")
        status = subprocess.run([sys.executable, count, sys.argv[1], "--quick", "--json", path],
                                timeout=DEADLINE_SECONDS, check=False).returncode
        if status == 2:
            return 1
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    if [row["name"] for row in rows] != EXPECTED:
        print(f"rows are {[row['name'] for row in rows]}, not {EXPECTED}")
        return 1
    if not all(len(row["counts"]) > 1 and min(row["counts"].values()) > 0 for row in rows):
        print("a row has no counts")
        return 1
    return status


sys.exit(main())
