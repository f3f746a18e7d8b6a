#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Smoke test of gatio-bench: the cheap rows run, the list for programs has its shape, peers are run and their failures
told, mistakes are refused.

    tests/bench/smoke.py PATH-OF-GATIO-BENCH

No figure of gatio is judged: a test asserts no time. The peers here are scripts that print a figure.
"""
import json
import os
import subprocess
import sys
import tempfile

KEYS = ["name", "value", "unit", "limit", "ratio", "better", "noise", "range", "goal", "met", "unsure", "peers",
        "run", "latency"]
RUN_KEYS = ["cpu", "cpus", "kernel", "compiler", "commit", "date", "runs", "quick"]
PEER_KEYS = ["value", "times", "noise", "range", "goal", "met", "unsure"]
CHEAP = ["local_dispatch", "cross_rtt_awake", "cross_one_way", "spawn_exit", "echo_p1_epoll", "limit_fifo",
         "limit_msg_ring_rtt_awake"]
GOALS = {
    "local_dispatch": {"of": "ratio", "is": "<=", "bound": 5},
    "cross_rtt_awake": {"of": "ratio", "is": "<=", "bound": 2},
    "cross_one_way": {"of": "ratio", "is": ">=", "bound": 0.5},
    "echo_p1_epoll": {"of": "ratio", "is": ">=", "bound": 0.87},
    "spawn_exit": {"of": "value", "is": ">=", "bound": 4},
}
TIMED = {"cross_rtt_awake": ["gatio", "limit"]}
MORE_IS_BETTER = {"cross_one_way", "spawn_exit", "echo_p1_epoll"}
EPOLL = {"echo_p1_epoll", "echo_p16_epoll", "kv_get_p1_epoll", "kv_get_p16_epoll", "limit_echo_p1_epoll", "limit_echo_p16_epoll"}
DEADLINE_SECONDS = 100
FAST = ["--quick", "--runs", "1"]


def run(program, *arguments, **options):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
                          **options)


def run_rows(program, *arguments, **options):
    """The result of a run and the rows that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.json")
        result = run(program, *FAST, "--json", path, *arguments, **options)
        with open(path, encoding="utf-8") as file:
            return result, json.load(file)


def check(condition, what):
    if not condition:
        sys.exit(f"bench_smoke: {what}")


def is_met(value, sign, bound):
    return value <= bound if sign == "<=" else value >= bound


def check_goal(row):
    name, goal = row["name"], row["goal"]
    check(goal == GOALS.get(name), f"row {name} has the goal {goal}")
    check(row["better"] == ("more" if name in MORE_IS_BETTER else "less"), f"row {name}: {row['better']} is better")
    check(row["noise"] is None, f"row {name} has the noise {row['noise']} after one run")
    if goal:
        check(row["met"] == is_met(row[goal["of"]], goal["is"], goal["bound"]), f"row {name}: met is {row['met']}")
        check(row["unsure"] is True, f"row {name} is sure after one run")
    else:
        check(row["met"] is None and row["unsure"] is None, f"row {name} meets a goal that it has not")


def check_latency(name, latency):
    if name not in TIMED:
        check(latency is None, f"row {name} has latencies: {latency}")
        return
    check(list(latency) == ["levels", *TIMED[name]], f"row {name} has latencies of {list(latency)}")
    for who, values in latency.items():
        told = [value for value in values if value is not None]  # null: too few latencies beyond
        check(len(values) == len(latency["levels"]) and values[: len(told)] == sorted(told) and all(value > 0 for value in told),
              f"row {name}: the {who} of latencies are {values}")


def check_row(row):
    name = row.get("name")
    check(list(row) == KEYS, f"row {name} has the keys {list(row)}, not {KEYS}")
    check(isinstance(row["unit"], str) and row["unit"], f"row {name} has no unit")
    check(isinstance(row["value"], (int, float)) and row["value"] > 0, f"row {name} has the value {row['value']}")
    check(row["peers"] == {}, f"row {name} has peers, unasked: {row['peers']}")
    if GOALS.get(name, {}).get("of") == "ratio":
        check(row["limit"] > 0, f"row {name} has no limit")
        ratio = row["value"] / row["limit"]
        check(abs(row["ratio"] - ratio) <= 0.001 * ratio, f"row {name}: ratio {row['ratio']} is not value / limit")
    else:
        check(row["limit"] is None and row["ratio"] is None, f"row {name} has a limit that it cannot have")
    check(list(row["run"]) == RUN_KEYS and row["run"]["runs"] == 1 and row["run"]["quick"] is True,
          f"row {name} belongs to {row['run']}")
    check_latency(name, row["latency"])
    check_goal(row)


def check_rows(program):
    result, rows = run_rows(program, "--rows", ",".join(CHEAP))
    check(result.returncode == 0, f"status {result.returncode}\n{result.stdout}{result.stderr}")
    check([row["name"] for row in rows] == CHEAP, f"rows are {[row['name'] for row in rows]}, not {CHEAP}")
    for row in rows:
        check_row(row)
        check(row["name"] in result.stdout, f"the table lacks {row['name']}")
    check("\r" not in result.stderr, "the line that moves is shown where there is no terminal")


def write_script(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)


def run_peers(program, folder, rows):
    """Only scripts that stand for the peers are found."""
    environment = dict(os.environ, PATH=folder + ":/usr/bin:/bin")
    return run_rows(program, "--peers", "--peer-programs", folder, "--rows", rows, env=environment)


def check_peers(program):
    with tempfile.TemporaryDirectory() as folder:
        write_script(folder, "gatio-peer-caf", 'echo "a warning" >&2; if [ "$1" = spawn_exit ]; then echo 1e-6; '
                                               "else echo 2e-3; fi; sleep 1000\n")
        write_script(folder, "erl", 'if [ "$2" = +S ]; then echo 1.5e-3; fi\n')
        write_script(folder, "gatio_peer.beam", "")
        result, rows = run_peers(program, folder, "fjthrput,spawn_exit")
    check(result.returncode == 0, f"status {result.returncode}\n{result.stdout}{result.stderr}")
    fork, spawn = rows
    check(list(spawn["peers"]) == ["caf", "erlang"], f"peers are {list(spawn['peers'])}")
    caf = spawn["peers"]["caf"]
    check(list(caf) == PEER_KEYS, f"a peer has the keys {list(caf)}, not {PEER_KEYS}")
    check(caf["value"] == 1e-6 and caf["goal"] == 10, f"a number on a line of its own becomes {caf}")
    check(abs(caf["times"] / (spawn["value"] / 1e-6) - 1) < 0.001, f"more is better: times are {caf['times']}")
    check(caf["met"] is True and spawn["peers"]["erlang"]["met"] is None, "a goal is met or not where there is one")
    check(fork["limit"] == 2e-3, f"the best of the peers is the limit, not {fork['limit']}")
    check("times as fast" in result.stdout, "the table does not compare with the peers")


def check_missing_peers(program):
    with tempfile.TemporaryDirectory() as folder:
        write_script(folder, "erl", "echo undefined function; exit 1\n")
        write_script(folder, "gatio_peer.beam", "")
        result, rows = run_peers(program, folder, "fjthrput")
    check(result.returncode == 0, f"peers that do not run end with status {result.returncode}")
    check(rows[0]["value"] > 0 and rows[0]["limit"] is None and rows[0]["peers"] == {}, f"without peers: {rows}")
    check("./dev bench --peers installs" in result.stdout, "the table does not say what to do for CAF")
    check("erl: undefined function" in result.stdout, "the table does not say what Erlang said")


def check_mistakes(program):
    for arguments in (["--nonsense"], ["--rows", "nonsense"], ["--rows", ""], ["--runs", "0"], ["--runs", "2x"],
                      ["--cpus", "0"], ["stray"]):
        result = run(program, *arguments)
        check(result.returncode == 2, f"{arguments} ends with status {result.returncode}, not 2")
        check(result.stderr.startswith("gatio-bench:") or arguments[0] in result.stderr,
              f"{arguments} is refused without a sentence")


def check_missing_program(program):
    with tempfile.TemporaryDirectory() as folder:
        result, rows = run_rows(program, "--rows", "start_ms", "--programs", folder)
    check(result.returncode == 1, f"a row without a value ends with status {result.returncode}, not 1")
    check(list(rows[0].pop("run")) == RUN_KEYS, "a row without a value does not say where it was measured")
    nothing = dict.fromkeys(key for key in KEYS if key != "run")
    nothing.update(name="start_ms", unit="ms", better="less", goal={"of": "value", "is": "<=", "bound": 100}, peers={})
    check(rows == [nothing], f"a row without a value is {rows}")
    check("gatio-kv" in result.stdout, "the table does not say what is missing")


def main():
    program = sys.argv[1]
    check(run(program, "--help").returncode == 0, "--help fails")
    names = run(program, "--list").stdout.split()
    check(set(CHEAP) | EPOLL <= set(names) and len(names) == len(set(names)), f"--list gives {names}")
    check_mistakes(program)
    check_missing_program(program)
    check_rows(program)
    check_peers(program)
    check_missing_peers(program)


main()
