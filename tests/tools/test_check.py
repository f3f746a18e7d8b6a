#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of tools/check.py: in a small house where all holds, each test breaks one thing and reads what is said."""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
sys.dont_write_bytecode = True
import check  # noqa: E402
import objects  # noqa: E402

SPDX = "/* " + check.SPDX + " */\n"
ROOM_README = ("<!-- " + check.SPDX + " -->\n# {0}\n**For** x.\n**Doors** {1}\n**May use / used by** x\n"
               "**Invariants**\n1. x\n**Threads and memory** x\n**Not here** x\n")
SAMPLE = "#include <gatio/gatio.h>\nint main(void)\n{\n\treturn GATIO_ZERO;\n}\n"


def header(guard, *lines):
    return SPDX + "/* A header. */\n" + f"#ifndef {guard}\n#define {guard}\n" + "\n".join(lines) + "\n#endif\n"


def source(*lines):
    return SPDX + "/* A source. */\n" + "\n".join(lines) + "\n"


HOUSE = {
    "README.md": "<!-- " + check.SPDX + " -->\n```c\n" + SAMPLE + "```\n",
    "include/gatio/gatio.h": header("GATIO_GATIO_H", "#include <stdint.h>", "#define GATIO_ZERO 0"),
    "base/atomic.h": header("GI_BASE_ATOMIC_H", "#include <stdatomic.h>", "#define gi_init(a) atomic_init(a, 0)"),
    "base/README.md": ROOM_README.format("base", "`atomic.h`"),
    "mailbox/README.md": ROOM_README.format("mailbox", "`mailbox.h`"),
    "mailbox/CMakeLists.txt": "# " + check.SPDX + "\ngi_room(mailbox USES base FILES ring.c)\n",
    "mailbox/mailbox.h": header("GI_MAILBOX_MAILBOX_H", '#include "base/atomic.h"', "int gi_push(int a, int b);"),
    "mailbox/ring.h": header("GI_MAILBOX_RING_H", "int gi_pop(void);"),
    "mailbox/ring.c": source('#include "mailbox/ring.h"', '#include "mailbox/mailbox.h"',
                             "int gi_push(int a, int b)", "{", "\treturn a + b;", "}",
                             "int gi_pop(void)", "{", "\treturn 0; /* not strcpy(a, b) */", "}"),
    "drivers/README.md": ROOM_README.format("drivers", "`driver.h`"),
    "drivers/CMakeLists.txt": "# " + check.SPDX + "\ngi_room(drivers USES mailbox FILES turn.c)\n",
    "drivers/driver.h": header("GI_DRIVERS_DRIVER_H", "int gi_turn(void);"),
    "drivers/turn.c": source("#include <liburing.h>", '#include "mailbox/mailbox.h"', '#include "drivers/driver.h"',
                             "int gi_turn(void)", "{", "\treturn gi_push(1, 2);", "}"),
    "samples/README.md": "<!-- " + check.SPDX + " -->\n**For** x\n**Not here** x\n",
    "samples/CMakeLists.txt": "# " + check.SPDX + "\ngi_program(hello FILES hello.c)\n",
    "samples/hello.c": SPDX + "/* Hello. */\n" + SAMPLE,
}


class CheckTest(unittest.TestCase):
    """Each test changes some files of the house; findings() runs every rule on it."""

    def findings(self, changes=None):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**HOUSE, **(changes or {})}.items():
                if text is None:
                    continue
                os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            tree = check.Tree(root)
            return [f"{path}:{line}: {text}" for rule in check.RULES for path, line, text in rule(tree)]

    def assert_finds(self, changes, *expected):
        """Exactly one finding for each expected text, in any order."""
        findings = self.findings(changes)
        self.assertEqual(len(findings), len(expected), findings)
        for text in expected:
            self.assertTrue(any(text in finding for finding in findings), f"{text!r} not in {findings}")

    def ring(self, *lines):
        return {"mailbox/ring.c": HOUSE["mailbox/ring.c"] + "\n".join(lines) + "\n"}

    # ---- The house as it stands

    def test_sound_house_has_no_findings(self):
        self.assertEqual(self.findings(), [])

    def test_unknown_argument_is_a_usage_error(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(check.main(["--nonsense"]), 2)
        self.assertIn("--symbols", said.getvalue())

    # ---- Layers and doors

    def test_include_to_the_right_is_refused(self):
        self.assert_finds(self.ring('#include "drivers/driver.h"'),
                          "mailbox/ring.c:13: mailbox may not include from drivers, which lies above it",
                          "mailbox/CMakeLists.txt:1: mailbox includes from drivers; add it to USES")

    def test_header_that_is_no_door_is_refused(self):
        self.assert_finds({"drivers/driver.h": header("GI_DRIVERS_DRIVER_H", '#include "mailbox/ring.h"')},
                          'drivers/driver.h:5: "mailbox/ring.h" is no door of mailbox')

    def test_private_header_of_own_room_is_no_door_matter(self):
        self.assertEqual(self.findings({"mailbox/mailbox.h": HOUSE["mailbox/mailbox.h"].replace(
            "int gi_push", '#include "mailbox/ring.h"\nint gi_push')}), [])

    def test_door_without_a_file_is_found(self):
        self.assert_finds({"mailbox/README.md": ROOM_README.format("mailbox", "`mailbox.h` `gone.h`")},
                          "mailbox/README.md:1: the door gone.h is not a file of mailbox/")

    def test_include_not_from_the_root_is_refused(self):
        self.assert_finds(self.ring('#include "ring.h"'), '"ring.h" is not a file from the root')

    def test_sample_that_looks_inside_is_refused(self):
        self.assert_finds({"samples/hello.c": HOUSE["samples/hello.c"] + '#include "mailbox/mailbox.h"\n'},
                          '"mailbox/mailbox.h" is inside the library; samples see only <gatio/...>')

    def test_room_that_includes_a_test_is_refused(self):
        self.assert_finds({**self.ring('#include "tests/suite.h"'),
                           "tests/suite.h": header("TESTS_SUITE_H"),
                           "tests/README.md": HOUSE["samples/README.md"]},
                          '"tests/suite.h" belongs to the tests')

    def test_program_header_is_closed_to_rooms(self):
        self.assert_finds({**self.ring('#include "samples/a.h"'), "samples/a.h": header("SAMPLES_A_H")},
                          '"samples/a.h" belongs to a program')

    def test_public_header_includes_only_itself_and_libc(self):
        self.assert_finds({"include/gatio/gatio.h": header("GATIO_GATIO_H", "#include <poll.h>", "#define GATIO_ZERO 0")},
                          "include/gatio/gatio.h:5: <poll.h> in a public header")
        self.assert_finds({"include/gatio/gatio.h": header("GATIO_GATIO_H", '#include "base/atomic.h"',
                                                           "#define GATIO_ZERO 0"),
                           "README.md": HOUSE["README.md"].replace("#include <gatio/gatio.h>\n", "#define GATIO_ZERO 0\n"),
                           "samples/hello.c": SPDX + "/* Hello. */\n" + SAMPLE.replace(
                               "#include <gatio/gatio.h>\n", "#define GATIO_ZERO 0\n")},
                          'a public header includes "base/atomic.h"')

    def test_libraries_stay_in_their_rooms(self):
        for name, advice in [("liburing.h", "liburing belongs to drivers/"), ("hwloc.h", "belongs to topology/"),
                             ("numa.h", "belongs to the door to the kernel"), ("sys/socket.h", "sockets belong to net/"),
                             ("linux/io_uring.h", "io_uring belongs to drivers/"), ("stdatomic.h", "base/atomic.h")]:
            with self.subTest(name):
                self.assert_finds(self.ring(f"#include <{name}>"), advice)

    def test_edge_that_is_not_declared_is_found(self):
        self.assert_finds({"drivers/CMakeLists.txt": HOUSE["drivers/CMakeLists.txt"].replace("USES mailbox ", "")},
                          "drivers includes from mailbox; add it to USES of gi_room(drivers)")

    def test_declared_edge_that_is_not_used_is_found(self):
        self.assert_finds({"drivers/CMakeLists.txt": HOUSE["drivers/CMakeLists.txt"].replace("USES", "USES base")},
                          "drivers includes nothing from base; remove it")

    def test_room_without_its_line_is_found(self):
        self.assert_finds({"drivers/CMakeLists.txt": "# " + check.SPDX + "\n# turn.c\n"}, "no gi_room(drivers ...) line")

    # ---- Names, lengths, calls

    def test_visible_function_needs_the_prefix(self):
        self.assert_finds(self.ring("int ring_push(void)", "{", "\treturn 0;", "}"),
                          "mailbox/ring.c:13: ring_push() is visible outside of its file")

    def test_static_and_attributed_functions_are_read_right(self):
        self.assertEqual(self.findings(self.ring(
            "__attribute__((noreturn, cold)) static void stop(void)", "{", "}",
            "static const int table[] = {1, 2};", "struct s {", "\tint (*f)(int);", "};",
            "GATIO_MESSAGE(name, { int x; });", "#define M(a) \\", "\tint a(void) { }")), [])

    def test_function_over_the_wall_is_found(self):
        lines = ["\tx++;"] * check.FUNCTION_LINES_MAX
        self.assert_finds(self.ring("static void f(int x)", "{", *lines, "}"),
                          f"mailbox/ring.c:13: f() has {check.FUNCTION_LINES_MAX + 3} lines")
        self.assertEqual(self.findings(self.ring("static void f(int x)", "{", *lines[3:], "}")), [])

    def test_sixth_parameter_is_found(self):
        self.assert_finds(self.ring("static void f(int a, int (*b)(int, int), int c, int d, int e, int g)", "{", "}"),
                          "f() has 6 parameters")
        self.assertEqual(self.findings(self.ring("static void f(int a, int (*b)(int, int), int c, int d, int e)", "{", "}")), [])

    def test_fourth_level_of_blocks_is_found(self):
        deep = ["static void f(int a)", "{", "if (a) {", "while (a) {", "do {"]
        ends = ["} while (a);", "}", "}", "}"]
        self.assert_finds(self.ring(*deep, "if (a) {", "}", *ends), "f() nests blocks 4 deep")
        self.assertEqual(self.findings(self.ring(*deep, "struct s b = {{1}, {2}};", "g(&(struct s){.x = 1});",
                                                 "b = (struct s){{1}};", *ends)), [])

    def test_long_file_is_found(self):
        self.assert_finds(self.ring(*["int x;"] * check.FILE_LINES_MAX), "lines, more than 500")

    def test_raw_atomics_are_found_outside_of_base(self):
        self.assert_finds(self.ring("static int x = atomic_load(&y);"), "raw atomic_load; use the names of base/atomic.h")
        self.assert_finds(self.ring("static int x = __atomic_load_n(&y, 0);"), "raw __atomic_load_n")

    def test_banned_calls_are_found(self):
        for name in check.BANNED:
            with self.subTest(name):
                self.assert_finds(self.ring(f"static int x = {name}(a);"), f"{name}() is banned here")

    def test_banned_names_in_comments_and_strings_are_not_calls(self):
        self.assertEqual(self.findings(self.ring('static const char *x = "strcpy(a)"; // sprintf(a)',
                                                 "static int y = s->gets(1) + my_strcpy(2);")), [])

    def test_library_that_prints_is_found(self):
        self.assert_finds(self.ring("static int x = printf(a);"), "printf() is banned here; return, count")
        self.assertEqual(self.findings({"samples/hello.c": HOUSE["samples/hello.c"] + "int x = puts(a);\n"}), [])

    def test_unit_test_that_sleeps_is_found(self):
        house = {"tests/README.md": HOUSE["samples/README.md"],
                 "tests/mailbox/CMakeLists.txt": "# " + check.SPDX + " test_ring.c\n",
                 "tests/mailbox/test_ring.c": source("static int x = nanosleep(a, b);")}
        self.assert_finds(house, "nanosleep() is banned here; call the turn yourself")

    # ---- Heads, texts, lists

    def test_file_without_licence_is_found(self):
        self.assert_finds({"tools.sh": "#!/bin/sh\nexit 0\n"}, "tools.sh:1: no licence line")
        self.assertEqual(self.findings({"tools.sh": "#!/bin/sh\n# " + check.SPDX + "\n"}), [])

    def test_source_that_does_not_say_what_it_is_is_found(self):
        self.assert_finds({"mailbox/ring.h": HOUSE["mailbox/ring.h"].replace("/* A header. */\n", "")},
                          "mailbox/ring.h:2: does not say what the file is")

    def test_header_needs_a_guard_of_its_own(self):
        self.assert_finds({"mailbox/ring.h": SPDX + "/* A header. */\nint gi_pop(void);\n"}, "no include guard")
        self.assert_finds({"mailbox/ring.h": header("GI_MAILBOX_MAILBOX_H")}, "its include guard is that of")

    def test_unfinished_work_is_found(self):
        for word in ("TO" "DO", "FIX" "ME"):
            with self.subTest(word):
                self.assert_finds(self.ring(f"/* {word}: later */"), f"mailbox/ring.c:13: {word} in the tree")

    def test_source_that_nobody_compiles_is_found(self):
        self.assert_finds({"mailbox/lost.c": source("static int x;")}, "mailbox/lost.c:1: no CMakeLists.txt lists it")

    def test_folder_that_nobody_adds_is_found(self):
        lists = {"CMakeLists.txt": "# " + check.SPDX + "\nforeach(folder mailbox drivers)\n"}
        self.assert_finds(lists, "samples/CMakeLists.txt:1: CMakeLists.txt does not name its folder")
        lists["CMakeLists.txt"] += "add_subdirectory(samples)\n"
        self.assertEqual(self.findings(lists), [])

    # ---- READMEs

    def test_room_without_readme_is_found(self):
        self.assert_finds({"base/README.md": None}, "base/README.md:1: missing")

    def test_room_readme_without_a_section_is_found(self):
        for title in check.README_SECTIONS:
            with self.subTest(title):
                text = HOUSE["base/README.md"].replace(f"**{title}", "**Else")
                self.assert_finds({"base/README.md": text}, f"no section **{title}**")

    def test_headings_are_sections_too(self):
        text = HOUSE["mailbox/README.md"].replace("**Doors** ", "## Doors\n\n").replace("**For**", "## For\n")
        self.assertEqual(self.findings({"mailbox/README.md": text}), [])

    def test_long_room_readme_is_found(self):
        self.assert_finds({"base/README.md": HOUSE["base/README.md"] + "x\n" * check.README_LINES_MAX}, "more than 60")

    def test_readme_sample_must_compile(self):
        broken = SAMPLE.replace("GATIO_ZERO", "GATIO_ONE")
        self.assert_finds({"README.md": HOUSE["README.md"].replace(SAMPLE, broken),
                           "samples/hello.c": SPDX + "/* Hello. */\n" + broken}, "the sample does not compile")

    def test_readme_sample_must_stand_in_samples(self):
        self.assert_finds({"README.md": HOUSE["README.md"].replace("GATIO_ZERO", "GATIO_ZERO + 1")},
                          "README.md:3: the sample stands in no file of samples/")

    def test_every_sample_of_the_readme_stands_in_samples(self):
        part = "int main(void)\n{\n\treturn GATIO_ZERO;\n}\n"
        self.assertEqual(self.findings({"README.md": HOUSE["README.md"] + "\n```c\n" + part + "```\n"}), [])
        changed = part.replace("\treturn", "        return")  # byte for byte
        self.assert_finds({"README.md": HOUSE["README.md"] + "\n```c\n" + changed + "```\n"},
                          "README.md:11: the sample stands in no file of samples/")

    def test_former_name_is_found(self):
        for name, word in (("begin_row", "batch"), ("set_ticket", "tag"), ("is_blocked", "stall")):
            with self.subTest(name):
                self.assert_finds(self.ring(f"static int {name};"), f"mailbox/ring.c:13: {name}: the word is {word}")

    def test_experiment_that_lacks_a_part_is_found(self):
        whole = "**A**. Prediction: less. Change: b. Measurement: 1. Verdict: kept.\n"
        page = "<!-- " + check.SPDX + " -->\n# P\n\n**Near** is near.\n\n" + whole
        self.assertEqual(self.findings({"docs/performance.md": page}), [])
        for part in check.EXPERIMENT_PARTS:
            with self.subTest(part):
                self.assert_finds({"docs/performance.md": page + "\n" + whole.replace(part + ":", "So:")},
                                  f'docs/performance.md:8: "A" lacks {part}; tell it')

    def test_picture_without_a_licence_is_found(self):
        bare = '<?xml version="1.0"?>\n<svg>\n</svg>\n'
        self.assert_finds({"docs/a.svg": bare}, "docs/a.svg:1: no licence line")
        marked = bare.replace("<svg>", "<!-- " + check.SPDX + " -->\n<svg>")
        self.assertEqual(self.findings({"docs/a.svg": marked}), [])

    def test_readme_sample_must_be_there_and_short(self):
        self.assert_finds({"README.md": None}, "README.md:1: missing")
        self.assert_finds({"README.md": "<!-- " + check.SPDX + " -->\n"}, "has no ```c block")
        long = SAMPLE.replace("{\n", "{\n" + "\t;\n" * 20)
        self.assert_finds({"README.md": HOUSE["README.md"].replace(SAMPLE, long),
                           "samples/hello.c": SPDX + "/* Hello. */\n" + long}, "more than 20 lines")


class SymbolsTest(unittest.TestCase):
    """Names in an archive and in a shared library made on the spot."""

    def build(self, folder, text, versions):
        for name, content in (("a.c", text), ("a.map", versions)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        link = "cc -shared -o liba.so a.o" + (" -Wl,--version-script=a.map" if versions else "")
        subprocess.run("cc -c -fPIC -fvisibility=hidden a.c && ar rc liba.a a.o && " + link,
                       cwd=folder, shell=True, check=True)

    def findings(self, text, name, versions=""):
        with tempfile.TemporaryDirectory() as folder:
            self.build(folder, text, versions)
            return [message for _, _, message in check.check_symbols(os.path.join(folder, name))]

    def test_archive_with_a_bare_name_is_found(self):
        text = "int gi_x, bare; int gatio_y(void) { return 0; }"
        self.assertEqual(self.findings(text, "liba.a"), ["bare is visible; make it static or begin its name with gi_"])

    def test_shared_library_that_shows_internals_is_found(self):
        text = ('__attribute__((visibility("default"))) int gatio_y(void) { return 0; } int gi_hidden;'
                '__attribute__((visibility("default"))) int gi_x(void) { return 0; }')
        self.assertEqual(self.findings(text, "liba.so", "GATIO_1 { global: *; };"),
                         ["gi_x is visible; make it static or begin its name with gatio_"])

    def test_shared_library_without_versions_is_found(self):
        text = '__attribute__((visibility("default"))) int gatio_y(void) { return 0; }'
        self.assertEqual(self.findings(text, "liba.so"), ["gatio_y has no version; see cmake/gatio.map"])

    def test_empty_library_is_found(self):
        self.assertEqual(self.findings("static int x __attribute__((unused));", "liba.so"),
                         ["shows no names at all; is it the library?"])


def compiled(folder, files):
    """Archives libgi_<room>.a of {"room/file.c": text}, compiled on the spot."""
    rooms = {}
    for path, text in files.items():
        room, name = path.split("/")
        rooms.setdefault(room, []).append(name + ".o")
        os.makedirs(os.path.join(folder, room), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run(["cc", "-w", "-O1", "-c", name, "-o", name + ".o"], cwd=os.path.join(folder, room), check=True)
    for room, names in rooms.items():
        subprocess.run(["ar", "rc", f"../libgi_{room}.a"] + names, cwd=os.path.join(folder, room), check=True)
    return [os.path.join(folder, f"libgi_{room}.a") for room in rooms]


class ObjectsTest(unittest.TestCase):
    """Small rooms, compiled on the spot, and what their objects say."""

    DOOR = {"drivers/kernel_linux.c": "int write(int, void *, unsigned long);"
                                      "int gi_kernel_write(void) { return write(1, 0, 0); }"}

    def read(self, files):
        with tempfile.TemporaryDirectory() as folder:
            return objects.read(compiled(folder, files))

    def circles(self, files):
        return [f"{room}: {text}" for room, _, text in objects.check_circles(self.read(files), ["mailbox"])]

    def calls(self, files):
        return [f"{path}: {text}" for path, _, text in objects.check_calls(self.read({**self.DOOR, **files}))]

    # ---- Circles

    def test_calls_one_way_are_no_circle(self):
        self.assertEqual(self.circles({"mailbox/a.c": "int gi_b(void); int gi_a(void) { return gi_b(); }",
                                       "mailbox/b.c": "int gi_c(void); int gi_b(void) { return gi_c(); }",
                                       "mailbox/c.c": "int gi_c(void) { return 0; }"}), [])

    def test_two_files_that_call_each_other_are_found(self):
        found = self.circles({"mailbox/a.c": "int gi_b(void); int gi_a(void) { return gi_b(); }",
                              "mailbox/b.c": "int gi_a(void); int gi_b(void) { return gi_a(); }"})
        self.assertEqual(len(found), 1, found)
        self.assertIn("mailbox: a.c, b.c are a circle (a.c calls gi_b() of b.c; b.c calls gi_a() of a.c)", found[0])

    def test_circle_of_three_is_found_once_and_names_no_other(self):
        found = self.circles({"mailbox/a.c": "int gi_b(void); int gi_a(void) { return gi_b(); }",
                              "mailbox/b.c": "int gi_c(void); int gi_b(void) { return gi_c(); }",
                              "mailbox/c.c": "int gi_a(void), gi_d(void); int gi_c(void) { return gi_a() + gi_d(); }",
                              "mailbox/d.c": "int gi_d(void) { return 0; }"})
        self.assertEqual(len(found), 1, found)
        self.assertIn("a.c, b.c, c.c are a circle", found[0])
        self.assertNotIn("d.c", found[0])

    def test_circle_through_another_room_is_that_rooms_matter(self):
        self.assertEqual(self.circles({"mailbox/a.c": "int gi_b(void); int gi_a(void) { return gi_b(); }",
                                       "drivers/b.c": "int gi_a(void); int gi_b(void) { return gi_a(); }"}), [])

    def test_data_of_another_file_counts_as_a_call(self):
        self.assertEqual(len(self.circles({"mailbox/a.c": "int gi_b(void), gi_table[2]; int gi_a(void) { return gi_b(); }",
                                           "mailbox/b.c": "extern int gi_table[2]; int gi_b(void) { return gi_table[1]; }"})),
                         1)

    # ---- The order of the READMEs

    THREE = {"mailbox/a.c": "int gi_b(void); int gi_a(void) { return gi_b(); }",
             "mailbox/b.c": "int gi_c(void); int gi_b(void) { return gi_c(); }",
             "mailbox/c.c": "int gi_c(void) { return 0; }"}

    def order(self, readme):
        return [f"{path}: {text}" for path, _, text in objects.check_order(self.read(self.THREE), {"mailbox": readme})]

    def test_calls_as_the_readme_draws_them_are_in_order(self):
        self.assertEqual(self.order("Calls go to the left: c < b\n< a."), [])
        self.assertEqual(self.order("c < b; b < a"), [])
        self.assertEqual(self.order("c, b < a"), [])

    def test_call_against_the_drawn_order_is_found(self):
        found = self.order("c < a < b")
        self.assertEqual(len(found), 1, found)
        self.assertIn("mailbox/a.c: calls gi_b() of b.c, against the order", found[0])

    def test_file_that_the_order_leaves_out_is_found(self):
        found = self.order("b < a")
        self.assertEqual(len(found), 2, found)
        self.assertIn("mailbox/b.c: calls gi_c() of c.c", found[0])
        self.assertIn("mailbox/c.c: mailbox/README.md does not say where it stands", found[1])

    def test_rows_of_a_table_are_an_order(self):
        table = "| file, in the order of the calls | does |\n| --- | --- |\n| %s | `a.c` is called |\n| %s | |\n\n`b.c`"
        self.assertEqual(self.order(table % ("`b.c` `c.c`", "`a.c`")), [])
        self.assertEqual(len(self.order(table % ("`a.c` `c.c`", "`b.c`"))), 1)

    # ---- What nobody uses

    def unused(self, files, named=()):
        return [f"{path}: {text}" for path, _, text in objects.check_unused(self.read(files), set(named), ["mailbox"])]

    def test_name_that_nobody_uses_is_found(self):
        files = {"mailbox/a.c": "int gi_b(void); int gi_lost(void) { return 1; } int gatio_a(void) { return gi_b(); }",
                 "mailbox/b.c": "int gi_b(void) { return 0; }"}
        self.assertEqual(self.unused(files), ["mailbox/a.c: nobody uses gi_lost outside of this file; "
                                              "remove it, or make it static"])
        self.assertEqual(self.unused(files, named=["gi_lost"]), [])  # a test or a tool does

    def test_name_that_another_room_uses_is_none(self):
        self.assertEqual(self.unused({"mailbox/a.c": "int gi_a(void) { return 1; }",
                                      "drivers/b.c": "int gi_a(void); int gi_b(void) { return gi_a(); }"}), [])

    def test_name_used_in_its_own_file_only_is_found(self):
        files = {"mailbox/a.c": "__attribute__((noinline)) int gi_a(int a) { return a * a; }"
                                "int gatio_b(int a) { return gi_a(a + 1); }"}
        self.assertEqual(len(self.unused(files)), 1)

    # ---- Calls that leave the process

    def test_door_may_ask_the_kernel(self):
        self.assertEqual(self.calls({}), [])

    def test_room_that_asks_the_kernel_is_found(self):
        for name in ("mmap", "munmap", "madvise", "mbind", "write", "read", "poll", "getrandom", "clock_gettime",
                     "sched_setaffinity", "syscall", "fopen", "open64", "nanosleep", "pthread_create"):
            with self.subTest(name):
                found = self.calls({"topology/arena.c": f"int {name}(); int gi_arena(void) {{ return {name}(); }}"})
                self.assertEqual(len(found), 1, found)
                self.assertIn(f"topology/arena.c: refers to {name}(), which may enter the kernel", found[0])

    def test_what_stays_in_the_process_is_no_matter(self):
        self.assertEqual(self.calls({"topology/arena.c": "#include <string.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
                                     "int gi_arena(char *a, int n) { memset(a, n, (unsigned)n); abort();"
                                     "return snprintf(a, 9, a, n); }"}), [])

    def test_thread_beside_the_drivers_may_what_its_table_says(self):
        text = "int {0}(); int gi_watch(void) {{ return {0}(); }}"
        self.assertEqual(self.calls({"drivers/watchdog.c": text.format("backtrace")}), [])
        self.assertEqual(len(self.calls({"drivers/watchdog.c": text.format("mmap")})), 1)

    def test_objects_without_the_door_are_not_the_rooms(self):
        found = list(objects.check_calls(self.read({"mailbox/a.c": "int gi_a;"})))
        self.assertIn("kernel_linux.c is not among them", found[0][2])


if __name__ == "__main__":
    unittest.main()
