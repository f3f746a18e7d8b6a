#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of bench/plot: a list becomes pictures that are XML and name their rows; what cannot be drawn is refused.

    tests/bench/plot.py PATH-OF-PLOT.PY

Exits 77 where there is no gnuplot.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SKIPPED = 77

RUN = {"cpu": "CPU <1> & 'more'", "cpus": [0, 1], "kernel": "Linux 6.1.0", "compiler": "gcc 12", "commit": "0abcdef",
       "date": "2026-01-31", "runs": 5, "quick": True}
GOAL = {"of": "ratio", "is": "<=", "bound": 2}
PEER = {"value": 3000, "times": 20, "noise": 5, "range": [19, 21], "goal": 10, "met": True, "unsure": False}
MEASURED = {"name": "cross_rtt_awake", "value": 150, "unit": "ns", "limit": 100, "ratio": 1.5, "better": "less",
            "noise": 4, "range": [1.4, 1.7], "goal": GOAL, "met": True, "unsure": False, "peers": {"caf": PEER},
            "run": RUN,
            "latency": {"levels": [0.01, 0.5, 0.99, 0.9999], "gatio": [100, 150, 200, 9000],
                        "limit": [80, 100, 120, None]}}
MISSING = {"name": "start_ms", "value": None, "unit": "ms", "limit": None, "ratio": None, "better": "less",
           "noise": None, "range": None, "goal": {"of": "value", "is": "<=", "bound": 100}, "met": None,
           "unsure": None, "peers": {}, "run": RUN, "latency": None}
BARE = {"name": "limit_fifo", "value": 8, "unit": "ns", "goal": None}


def check(condition, what):
    if not condition:
        sys.exit(f"bench_plot: {what}")


def draw(program, folder, text):
    path = os.path.join(folder, "bench.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return subprocess.run([program, path, os.path.join(folder, "pictures")], capture_output=True, text=True, timeout=50,
                          check=False)


def texts(folder, name):
    """What a picture says."""
    root = xml.etree.ElementTree.parse(os.path.join(folder, "pictures", name)).getroot()
    with open(os.path.join(folder, "pictures", name), encoding="utf-8") as file:
        check("SPDX-License-Identifier: Apache-2.0" in file.readlines()[1], f"{name} has no licence line")
    check(root.tag == "{http://www.w3.org/2000/svg}svg", f"{name} is {root.tag}")
    return " ".join(" ".join(root.itertext()).split())


def check_pictures(program):
    with tempfile.TemporaryDirectory() as folder:
        result = draw(program, folder, json.dumps([MEASURED, MISSING]))
        check(result.returncode == 0 and result.stderr == "", f"drawing: {result.returncode}, {result.stderr}")
        ratios, latency = texts(folder, "ratios.svg"), texts(folder, "latency.svg")
    for text in ("cross_rtt_awake", "1.50×", "≤ 2×", "1.33×", "start_ms", "not measured", "≤ 100 ms", "CAF", "20×",
                 "goal ≥ 10×: met", RUN["cpu"], "Linux 6.1.0", "0abcdef", "2026-01-31", "5 runs, quick"):
        check(text in ratios, f"ratios.svg does not say {text!r}: {ratios}")
    for text in ("both awake", "gatio", "cache line", "ns", "99.99 %", "0abcdef"):
        check(text in latency, f"latency.svg does not say {text!r}: {latency}")


def check_odd_rows(program):
    """Nothing measured, no noise, a value of zero, a list from before there were runs and peers."""
    zero = dict(MISSING, name="idle_cpu", value=0, range=[0, 0], met=True)
    odd = {"name": "local_dispatch", "value": 1e9, "unit": "ns", "ratio": 1e6, "goal": GOAL}
    for rows, says in (([MISSING], "not measured"), ([zero], "∞"), ([odd, BARE], "machine and commit unknown")):
        with tempfile.TemporaryDirectory() as folder:
            result = draw(program, folder, json.dumps(rows))
            check(result.returncode == 0, f"{rows}: {result.stderr}")
            check(says in texts(folder, "ratios.svg"), f"{rows}: ratios.svg does not say {says!r}")
            check(os.listdir(os.path.join(folder, "pictures")) == ["ratios.svg"], f"{rows}: no latency, yet a picture")
            check("latency.svg" in result.stderr, f"{rows}: does not say that latency.svg is not drawn")


def check_goal_of_none(program):
    """It has no bar: nothing is so many times as good."""
    none = dict(MISSING, name="idle_doorbells", value=0, range=[0, 0], met=True,
                goal={"of": "value", "is": "<=", "bound": 0})
    with tempfile.TemporaryDirectory() as folder:
        result = draw(program, folder, json.dumps([none, MISSING]))
        check(result.returncode == 0, f"a goal of none: {result.stderr}")
        check("idle_doorbells" not in texts(folder, "ratios.svg"), "a goal of none has a bar")


def check_refusals(program):
    for text, says in (("", "not JSON"), ("{}", "not a list of rows"), ("[1]", "not a list of rows"),
                       ("[]", "no rows"), (json.dumps([BARE]), "no row with a goal")):
        with tempfile.TemporaryDirectory() as folder:
            result = draw(program, folder, text)
            check(result.returncode == 1, f"{text!r} ends with status {result.returncode}")
            check(result.stderr.strip().split("\n")[-1].startswith("plot: ") and says in result.stderr,
                  f"{text!r} is refused with {result.stderr!r}")
    result = subprocess.run([program, "/nonexistent/bench.json"], capture_output=True, text=True, check=False)
    check(result.returncode == 1 and "/nonexistent/bench.json: No such file" in result.stderr,
          f"a file that is not there: {result.stderr!r}")
    check(subprocess.run([program], capture_output=True, check=False).returncode == 2, "no argument is no usage error")


def main():
    program = sys.argv[1]
    if not shutil.which("gnuplot"):
        print("bench_plot: skipped: there is no gnuplot")
        sys.exit(SKIPPED)
    check_pictures(program)
    check_odd_rows(program)
    check_goal_of_none(program)
    check_refusals(program)


main()
