#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws a list that gatio-bench --json has written: DIR/ratios.svg and DIR/latency.svg.

    bench/plot/plot.py FILE.json [DIR]      DIR is the current one unless given

Reads the list, checks it, and writes tables and texts for gnuplot, which does the drawing: ratios.gp, latency.gp.
Exits 1 with a sentence on stderr when there is nothing that could be drawn, 77 without gnuplot.
"""
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

EXIT_FAILED, EXIT_USAGE, EXIT_NO_GNUPLOT = 1, 2, 77

# Latencies are drawn from here on: what the faster half does is no news.
LEVEL_MIN = 0.5

# Rows whose latencies are drawn: title, below the axis, and what the limit is called where it is no peer.
TIMED_TRIP = "percentile; a look at the clock is in each trip"
LATENCIES = {
    "cross_rtt_awake": ("round trip between two drivers, both awake", TIMED_TRIP, "cache line"),
    "cross_rtt_asleep": ("round trip between two drivers, both asleep", TIMED_TRIP, "MSG_RING"),
    "kv_p99_half": ("64-byte GET at half of Redis's capacity, open loop", "percentile; timed from when due; median of the slices' own", "limit"),
}
SPDX = "SPDX-License-Identifier: Apache-2.0"
TITLES = {"ratios": "gatio beside its limits, its peers and its goals", "latency": "gatio: latency by percentile"}
PEERS = {"caf": "CAF", "erlang": "Erlang/OTP", "redis": "Redis", "memcached": "memcached"}

# What is shown of a bar that would leave the picture.
TIMES_MIN, TIMES_MAX = 1 / 8, 32


class Bad(Exception):
    """The list cannot be drawn; says why."""


# ---- Reading -------------------------------------------------------------------------------------------------------

def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def read_rows(path):
    try:
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    except OSError as error:
        raise Bad(error.strerror) from error
    except ValueError as error:
        raise Bad(f"is not JSON: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "name" in row for row in rows):
        raise Bad("is not a list of rows as gatio-bench --json writes it")
    if not rows:
        raise Bad("has no rows")
    return rows


def origin(rows):
    """The line that says what the figures belong to."""
    run = next((row["run"] for row in rows if isinstance(row.get("run"), dict)), None)
    if run is None:
        return "machine and commit unknown"
    runs = f"medians of {run.get('runs')} runs" + (", quick" if run.get("quick") else "")
    return f"{run.get('cpu')}, {run.get('kernel')}, commit {run.get('commit')}, {run.get('date')}, {runs}"


# ---- Writing for gnuplot -------------------------------------------------------------------------------------------

def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def cell(value):
    if value is None:
        return "NaN"
    return quoted(value) if isinstance(value, str) else f"{value:.8g}"


def write_table(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.writelines(" ".join(cell(value) for value in line) + "\n" for line in lines)


def write_values(folder, name, values):
    """Assignments that the script loads."""
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.writelines(f"{key} = {cell(value)}\n" for key, value in values.items())


def short(value):
    """Three digits that mean something."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    if value >= 10 and value == round(value):
        digits = 0
    return f"{value:.{min(digits, 4)}f}"


def unit_of(row):
    return {"1/s": "/s", "us": "µs"}.get(row["unit"], row["unit"])


# ---- Ratios --------------------------------------------------------------------------------------------------------

def spread_of(judged, measured):
    """Least, median, greatest run."""
    least, greatest = measured.get("range") or (judged, judged)
    return least, judged, greatest


class Tables:
    """What stands in a panel: bars and whiskers where something was measured, a text at the tip of each bar."""

    def __init__(self, text_left_min=math.inf):
        """A bar to the left of 1 has its text at its left, if it ends there at least."""
        self.text_left_min = text_left_min
        self.names, self.bars, self.whiskers, self.texts_right, self.texts_left = [], [], [], [], []

    def add_bar(self, place, colour, spread, text):
        low, value, high = spread
        self.bars.append([place, value, *colour])
        if low < high:
            self.whiskers.append([place, value, low, high])
        if value < 1 and low >= self.text_left_min:
            self.texts_left.append([place, low, text])
        else:
            self.texts_right.append([place, max(high, 1), text])

    def write(self, folder, prefix):
        for name in ("names", "bars", "whiskers", "texts_right", "texts_left"):
            write_table(folder, f"{prefix}_{name}.table", getattr(self, name))


def times_goal(goal, spread):
    """How many times as good as the goal. Zero is as far within "at most" as can be."""
    if goal["is"] == ">=":
        return [value / goal["bound"] for value in spread]
    return [goal["bound"] / value if value > 0 else math.inf for value in reversed(spread)]


def clamp(value):
    return min(max(value, TIMES_MIN), TIMES_MAX)


def goal_tables(rows):
    """names: place name measured goal; bars: place times met unsure. Nothing is so many times as good as none at all."""
    tables = Tables(text_left_min=1 / 4)
    with_goal = [row for row in rows if isinstance(row.get("goal"), dict) and row["goal"]["bound"] > 0]
    for place, row in enumerate(with_goal, 1):
        goal, judged = row["goal"], row.get(row["goal"]["of"])
        unit = "×" if goal["of"] == "ratio" else " " + unit_of(row)
        sign = "≤" if goal["is"] == "<=" else "≥"
        measured = short(judged) + unit if is_number(judged) else "not measured"
        tables.names.append([place, row["name"], measured, f"{sign} {goal['bound']:g}{unit}"])
        if is_number(judged):
            spread = times_goal(goal, spread_of(judged, row))
            text = "∞" if math.isinf(spread[1]) else short(spread[1]) + "×"
            colour = int(bool(row.get("met"))), int(bool(row.get("unsure")))
            tables.add_bar(place, colour, [clamp(value) for value in spread], text)
    return tables


def measured_peers(row):
    return {name: peer for name, peer in (row.get("peers") or {}).items()
            if name in PEERS and is_number(peer.get("times")) and peer["times"] > 0}


def peer_text(peer):
    goal = peer.get("goal")
    text = short(peer["times"]) + "×"
    return f"{text}   goal ≥ {goal:g}×: {'met' if peer.get('met') else 'missed'}" if is_number(goal) else text


def peer_tables(rows):
    """names: place name; bars: place times peer. Returns how many places there are as well."""
    tables, place = Tables(), 0.0
    for row in rows:
        peers = measured_peers(row)
        first = place
        for name, peer in peers.items():
            low, times, high = spread_of(peer["times"], peer)
            tables.add_bar(place + 0.5, [list(PEERS).index(name)], [max(low, TIMES_MIN), times, high], peer_text(peer))
            place += 1
        if peers:
            tables.names.append([(first + place) / 2, row["name"]])
            place += 0.6
    return tables, place


def prepare_ratios(folder, rows):
    """Returns whether there is something to draw."""
    goals = goal_tables(rows)
    peers, places = peer_tables(rows)
    goals.write(folder, "goal")
    peers.write(folder, "peer")
    ends = [bar[1] for bar in peers.bars] + [end for whiskers in peers.whiskers for end in whiskers[2:]]
    present = {bar[2] for bar in peers.bars}
    write_values(folder, "ratios.values", {
        "title": TITLES["ratios"],
        "origin": origin(rows),
        "goal_count": len(goals.names),
        "peer_places": places,
        "peer_min": min(ends + [0.8]),
        "peer_max": max(ends + [2]),
        "peer_names": " ".join(PEERS.values()),
        "peer_present": " ".join(str(int(index in present)) for index in range(len(PEERS))),
    })
    return bool(goals.names or peers.names)


# ---- Latencies -----------------------------------------------------------------------------------------------------

def latency_curves(row):
    """{who: [(1 / (1 - level), latency)]}"""
    latency = row["latency"]
    _, _, limit = LATENCIES[row["name"]]
    names = {"gatio": "gatio", "limit": limit, **PEERS}
    curves = {}
    for who, values in latency.items():
        if who == "levels":
            continue
        points = [(1 / (1 - level), value) for level, value in zip(latency["levels"], values)
                  if LEVEL_MIN <= level < 1 and is_number(value) and value > 0]
        if points:
            curves[names.get(who, who)] = points
    return curves


def tics(low, high):
    """1, 2 and 5 of each power of ten, as gnuplot wants them; the powers alone if there would be too many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    digits = (1, 2, 5) if high / low < 3000 else (1,)
    places = [digit * 10.0**power for power in powers for digit in digits]
    return ", ".join(f'"{place:g}" {place:g}' for place in places if low <= place <= high)


def prepare_latency(folder, rows):
    """Returns whether there is something to draw."""
    named = {row["name"]: row for row in rows if isinstance(row.get("latency"), dict)}
    panel = 0
    values = {"title": TITLES["latency"], "origin": origin(rows)}
    for name, (title, axis, _) in LATENCIES.items():
        curves = latency_curves(named[name]) if name in named else {}
        if not curves:
            continue
        panel += 1
        latencies = [latency for points in curves.values() for _, latency in points]
        low, high = min(latencies) / 1.25, max(latencies) * 1.25
        told = {"title": title, "axis": axis, "unit": unit_of(named[name]), "low": low, "high": high,
                "tics": tics(low, high), "curves": len(curves)}
        values.update({f"{key}_{panel}": value for key, value in told.items()})
        for curve, (who, points) in enumerate(curves.items(), 1):
            values[f"who_{panel}_{curve}"] = who
            write_table(folder, f"latency_{panel}_{curve}.table", points)
    values["panel_count"] = panel
    write_values(folder, "latency.values", values)
    return panel > 0


# ---- Drawing -------------------------------------------------------------------------------------------------------

def draw(name, folder, path):
    """The picture appears whole or not at all."""
    script = os.path.join(os.path.dirname(os.path.realpath(__file__)), f"{name}.gp")
    made = os.path.join(folder, f"{name}.svg")
    command = ["gnuplot", "--default-settings", "-e", f"folder = '{folder}'; picture = '{made}'", script]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0 or not os.path.isfile(made):
        raise Bad(f"gnuplot could not draw {path}: {run.stderr.strip() or 'it says nothing'}")
    with open(made, encoding="utf-8") as file:
        text = file.read().replace("<title>Gnuplot</title>", f"<title>{TITLES[name]}</title>")
    text = re.sub(r"<title>gnuplot_plot_\w+</title>", "", text)
    text = text.replace("?>\n", f"?>\n<!-- {SPDX} -->\n", 1)
    made_beside = path + ".new"
    with open(made_beside, "w", encoding="utf-8") as file:
        file.writelines(line.rstrip() + "\n" for line in text.splitlines())
    os.replace(made_beside, path)
    print(f"plot: {path}")


def draw_all(rows, out_folder):
    pictures = {"ratios": prepare_ratios, "latency": prepare_latency}
    drawn = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, prepare in pictures.items():
            if prepare(folder, rows):
                draw(name, folder, os.path.join(out_folder, f"{name}.svg"))
                drawn += 1
            else:
                print(f"plot: no row has what {name}.svg shows: not drawn", file=sys.stderr)
    if drawn == 0:
        raise Bad("has no row with a goal, peers or latencies")


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return EXIT_USAGE
    path, out_folder = arguments[0], arguments[1] if len(arguments) == 2 else "."
    try:
        rows = read_rows(path)
        if not shutil.which("gnuplot"):
            print("plot: no gnuplot here; on Debian 12 it is in gnuplot-nox", file=sys.stderr)
            return EXIT_NO_GNUPLOT
        os.makedirs(out_folder, exist_ok=True)
        draw_all(rows, out_folder)
    except Bad as error:
        print(f"plot: {path}: {error}", file=sys.stderr)
        return EXIT_FAILED
    except OSError as error:
        print(f"plot: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
