#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Test of the tool: gatio topology in text, JSON and SVG, and what it says to wrong words."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

TOOL = sys.argv.pop(1)
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
SVG = "{http://www.w3.org/2000/svg}"
USAGE, CONFIG = 2, 78
MACHINES = [
    "pu:1",
    "core:2 pu:1",
    "package:2 numa:1 l3:1 core:8 pu:2",
    "numa:4 l3:2 core:8 pu:2",
    "numa:2 l3:8 core:8 pu:1",
    "[numa(memory=1GB)] package:2 [numa(memory=4GB)] core:2 pu:1",
]


def run(*words, env=None, stdout=subprocess.PIPE):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HWLOC_")}
    environment.update(env or {})
    return subprocess.run([TOOL, *words], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                          env=environment)


def is_sanitized():
    with open(TOOL, "rb") as program:
        text = program.read()
    return b"__asan_init" in text or b"__tsan_init" in text


class Usage(unittest.TestCase):
    def check(self, words, status, message):
        result = run(*words)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn(message, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_version_and_help_go_to_stdout(self):
        self.assertRegex(run("--version").stdout, r"^gatio \d+\.\d+\.\d+\n$")
        self.assertIn("topology", run("--help").stdout)
        text = run("topology", "--help").stdout
        for option in ("--json", "--svg", "--drivers", "--cpus", "--tpcs", "--roles", "--synthetic", "--xml"):
            self.assertIn(option, text)

    def test_no_command_is_wrong_usage(self):
        result = run()
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("usage: gatio", result.stderr)

    def test_unknown_words_name_the_nearest(self):
        self.check(["topolgy"], USAGE, "there is no command topolgy; did you mean topology?")
        self.check(["--verson"], USAGE, "there is no option --verson; did you mean --version?")
        self.check(["topology", "--driver", "2"], USAGE, "no option --driver; did you mean --drivers?")
        self.check(["topology", "--rolls=both"], USAGE, "no option --rolls; did you mean --roles?")
        self.check(["xyzzyplugh"], USAGE, "there is no command xyzzyplugh; see gatio --help")
        self.check(["topology", "--" + "x" * 500], USAGE, "see gatio topology --help")

    def test_misused_options_are_wrong_usage(self):
        self.check(["topology", "--cpus"], USAGE, "--cpus needs a value: --cpus LIST")
        self.check(["topology", "--json=yes"], USAGE, "--json takes no value")
        self.check(["topology", "please"], USAGE, '"please" is no option')
        for count in ("0", "-1", "x", "", "1x", "2000", "99999999999999999999", " 1"):
            self.check(["topology", "--drivers", count], USAGE, "write a number from 1 to 10")
        self.check(["topology", "--synthetic", "pu:1", "--xml", "x"], USAGE, "both name a machine")

    def test_impossible_plans_are_bad_configuration(self):
        two = ["topology", "--synthetic", "core:2 pu:1"]
        self.check(two + ["--cpus", "0,9"], CONFIG, '--cpus "0,9": there is no CPU 9; this process may use 0-1')
        self.check(two + ["--roles", "split"], CONFIG, '--roles "split": ')
        self.check(two + ["--tpcs=nodes"], CONFIG, '--tpcs "nodes": ')
        self.check(["topology", "--synthetic", "nonsense"], CONFIG, "such as")
        self.check(["topology", "--synthetic", "numa:1025 pu:1"], CONFIG, "more CPUs or nodes than gatio can number")
        self.check(["topology", "--xml", "/absent.xml"], CONFIG, "No such file")

    def test_refusals_name_options_as_they_are_given(self):
        two = ["topology", "--synthetic", "core:2 pu:1"]
        self.check(two + ["--drivers", "3", "--roles", "tasks=1"], CONFIG,
                   '--roles "tasks=1": that is 1 driver, but the option --drivers says 3')
        self.check(two + ["--roles", "both=9"], CONFIG, "use fewer, or --drivers=9 to let them share")
        self.check(two + ["--cpus", "0", "--tpcs", "7"], CONFIG, '--tpcs "7": there is no CPU 7; the option --cpus allows 0')
        self.check(two + ["--roles", "a driver_count cpus"], CONFIG, '--roles "a driver_count cpus": use both')
        self.check(two + ["--roles", "roles=1"], CONFIG, '--roles "roles=1": "roles" is not a role')

    def test_unwritable_output_is_an_error(self):
        self.check(["topology", "--svg", "/absent/file.svg"], 1, "/absent/file.svg: No such file")
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.assertEqual(run("topology", stdout=full).returncode, 1)


class Hidden(unittest.TestCase):
    """A machine that does not show itself, as in containers that mount something over /sys."""

    def answer(self, script):
        """The plan where the script has hidden something, in a mount namespace of its own."""
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                   f"{script} || exit 77; exec \"$0\" topology --json", TOOL]
        if os.geteuid() == 0:
            del command[1:3]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HWLOC_")}
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        if result.returncode in (1, 77) and not result.stdout:
            self.skipTest("no mount namespaces here: " + result.stderr.strip())
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def test_hidden_sys_is_assumed_to_be_one_node(self):
        for folder in ("/sys", "/sys/devices/system/node", "/sys/devices/system/cpu"):
            if not os.path.isdir(folder):
                continue
            with self.subTest(folder):
                answer = self.answer(f"mount -t tmpfs none {folder}")
                self.assertTrue(answer["machine"]["assumed"])
                drivers = [driver["cpu"] for tpc in answer["plan"]["tpcs"] for driver in tpc["drivers"]]
                self.assertTrue(set(drivers) <= os.sched_getaffinity(0))
                self.assertGreater(answer["plan"]["tpcs"][0]["memory_limit"], 0)
                self.assertIsNone(answer["plan"]["tpcs"][0]["memory_node"])

    @unittest.skipIf(is_sanitized(), "a sanitizer needs /proc itself")
    def test_hidden_proc_and_sys_still_have_a_limit(self):
        answer = self.answer("mount -t tmpfs none /sys && mount -t tmpfs none /proc")
        self.assertGreater(answer["plan"]["tpcs"][0]["memory_limit"], 0)

    def test_text_says_what_is_assumed(self):
        self.assertNotIn("assumed", run("topology", "--synthetic", "pu:1").stdout)
        self.assertFalse(json.loads(run("topology", "--json", "--synthetic", "pu:1").stdout)["machine"]["assumed"])


class Output(unittest.TestCase):
    def plan(self, *words):
        result = run("topology", "--json", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_this_machine_is_planned(self):
        answer = self.plan()
        usable = [cpu["cpu"] for node in answer["machine"]["nodes"] for l3 in node["l3s"]
                  for core in l3["cores"] for cpu in core["cpus"] if cpu["usable"]]
        self.assertTrue(answer["machine"]["this_machine"])
        self.assertEqual(sorted(usable), sorted(os.sched_getaffinity(0)))
        self.assertEqual(run("topology").returncode, 0)

    def test_environment_names_the_machine(self):
        result = run("topology", env={"HWLOC_SYNTHETIC": "numa:4 l3:2 core:8 pu:2"})
        self.assertIn("4 nodes, 8 L3 groups, 64 cores, 128 CPUs", result.stdout)

    def test_json_holds_machine_and_plan(self):
        for machine in MACHINES:
            answer = self.plan("--synthetic", machine)
            self.assertEqual(set(answer), {"machine", "limits", "plan"})
            cores = [core for node in answer["machine"]["nodes"] for l3 in node["l3s"] for core in l3["cores"]]
            drivers = [driver for tpc in answer["plan"]["tpcs"] for driver in tpc["drivers"]]
            self.assertEqual(len(cores), len(drivers))
            for core, driver in zip(cores, drivers):
                self.assertEqual(driver["core"], core["core"])
                self.assertEqual(driver["cpu"], core["cpus"][0]["cpu"])
                self.assertEqual(driver["role"], "both")

    def test_json_says_null_for_none(self):
        answer = self.plan("--synthetic", "numa:2 core:1 pu:1", "--tpcs", "one")
        self.assertIsNone(answer["plan"]["tpcs"][0]["memory_node"])
        self.assertIsNone(answer["limits"]["cpu_quota_milli"])
        answer = self.plan("--xml", os.path.join(DATA, "no_memory.xml"))
        self.assertIsNone(answer["machine"]["nodes"][0]["memory_node"])
        self.assertIsNone(answer["plan"]["tpcs"][0]["memory_limit"])

    def test_options_reach_the_plan(self):
        answer = self.plan("--synthetic", "l3:2 core:4 pu:1", "--tpcs=l3", "--roles", "io=1 tasks=2",
                           "--cpus", "0-2,4-6", "--drivers", "6")
        self.assertEqual([[driver["role"] for driver in tpc["drivers"]] for tpc in answer["plan"]["tpcs"]],
                         [["io", "tasks", "tasks"]] * 2)

    def test_plan_says_who_is_pinned(self):
        note = "drivers are not pinned"
        self.assertTrue(self.plan()["plan"]["pins"])
        self.assertNotIn(note, run("topology").stdout)
        self.assertFalse(self.plan("--pin", "no")["plan"]["pins"])
        self.assertIn(note, run("topology", "--pin", "no").stdout)
        self.assertNotIn(note, run("topology", "--pin", "yes").stdout)
        self.assertEqual(run("topology", "--pin", "maybe").returncode, USAGE)

    def test_svg_is_well_formed_and_complete(self):
        for machine in MACHINES:
            svg = run("topology", "--svg", "-", "--synthetic", machine).stdout
            root = ElementTree.fromstring(svg)
            self.assertEqual(root.tag, SVG + "svg")
            words = [text.text for text in root.iter(SVG + "text")]
            answer = self.plan("--synthetic", machine)
            count = sum(len(tpc["drivers"]) for tpc in answer["plan"]["tpcs"])
            self.assertEqual(sum(bool(re.fullmatch(r"D\d+ both", word)) for word in words), count)
            for node in answer["machine"]["nodes"]:
                self.assertIn(f"Node {node['node']}", words)

    def test_svg_stays_within_its_edges(self):
        for machine in MACHINES:
            root = ElementTree.fromstring(run("topology", "--svg", "-", "--synthetic", machine).stdout)
            width, height = float(root.get("width")), float(root.get("height"))
            for group in [root, *root.iter(SVG + "g")]:
                for box in group.findall(SVG + "rect"):
                    if "%" in box.get("width"):
                        continue
                    self.assertLessEqual(float(box.get("x")) + float(box.get("width")), width)
                    self.assertLessEqual(float(box.get("y")) + float(box.get("height")), height)

    def test_svg_goes_into_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "plan.svg")
            result = run("topology", "--svg", path)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
            ElementTree.parse(path)
            both = run("topology", "--json", "--svg", path)
            json.loads(both.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
