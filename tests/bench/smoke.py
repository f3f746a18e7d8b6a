#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Smoke test of gatio-bench: the cheap rows run, the list for programs has its shape, mistakes are refused.

    tests/bench/smoke.py PATH-OF-GATIO-BENCH

No figure is judged: a test asserts no time.
"""
import json
import os
import subprocess
import sys
import tempfile

KEYS = ["name", "value", "unit", "limit", "ratio"]
CHEAP = ["local_dispatch", "cross_rtt_awake", "cross_one_way", "spawn_exit", "limit_fifo", "limit_msg_ring_rtt_awake"]
WITH_LIMIT = {"local_dispatch", "cross_rtt_awake", "cross_one_way"}
DEADLINE_SECONDS = 100


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)


def check(condition, what):
    if not condition:
        sys.exit(f"bench_smoke: {what}")


def check_row(row):
    name = row.get("name")
    check(list(row) == KEYS, f"row {name} has the keys {list(row)}, not {KEYS}")
    check(isinstance(row["unit"], str) and row["unit"], f"row {name} has no unit")
    check(isinstance(row["value"], (int, float)) and row["value"] > 0, f"row {name} has the value {row['value']}")
    if name in WITH_LIMIT:
        check(row["limit"] > 0, f"row {name} has no limit")
        ratio = row["value"] / row["limit"]
        check(abs(row["ratio"] - ratio) <= 0.001 * ratio, f"row {name}: ratio {row['ratio']} is not value / limit")
    else:
        check(row["limit"] is None and row["ratio"] is None, f"row {name} has a limit that it cannot have")


def check_rows(program):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.json")
        result = run(program, "--quick", "--runs", "1", "--rows", ",".join(CHEAP), "--json", path)
        check(result.returncode == 0, f"status {result.returncode}\n{result.stdout}{result.stderr}")
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    check([row["name"] for row in rows] == CHEAP, f"rows are {[row['name'] for row in rows]}, not {CHEAP}")
    for row in rows:
        check_row(row)
        check(row["name"] in result.stdout, f"the table lacks {row['name']}")
    check("\r" not in result.stderr, "the line that moves is shown where there is no terminal")


def check_mistakes(program):
    for arguments in (["--nonsense"], ["--rows", "nonsense"], ["--rows", ""], ["--runs", "0"], ["--runs", "2x"],
                      ["--cpus", "0"], ["stray"]):
        result = run(program, *arguments)
        check(result.returncode == 2, f"{arguments} ends with status {result.returncode}, not 2")
        check(result.stderr.startswith("gatio-bench:") or arguments[0] in result.stderr,
              f"{arguments} is refused without a sentence")


def check_missing_program(program):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.json")
        result = run(program, "--quick", "--runs", "1", "--rows", "start_ms", "--programs", folder, "--json", path)
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    check(result.returncode == 1, f"a row without a value ends with status {result.returncode}, not 1")
    check(rows == [{"name": "start_ms", "value": None, "unit": "ms", "limit": None, "ratio": None}],
          f"a row without a value is {rows}")
    check("gatio-kv" in result.stdout, "the table does not say what is missing")


def main():
    program = sys.argv[1]
    check(run(program, "--help").returncode == 0, "--help fails")
    names = run(program, "--list").stdout.split()
    check(set(CHEAP) <= set(names) and len(names) == len(set(names)), f"--list gives {names}")
    check_mistakes(program)
    check_missing_program(program)
    check_rows(program)


main()
