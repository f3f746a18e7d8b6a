#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs a build into a scratch prefix, uses it as others do, and uninstalls it: with pkg-config, with CMake's
find_package, add_subdirectory and FetchContent; shared and static; in C and in C++.

    test_install.py BUILD_DIRECTORY
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HELLO = {"c": os.path.join(ROOT, "samples/hello.c"), "cpp": os.path.join(ROOT, "tests/compile/programs/hello.cpp")}
COMPILERS = {"c": "gcc", "cpp": "g++"}
GREETING = "hello, world\n"
BUILD = ""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=540, **options)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def files_below(folder):
    return sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)


class InstallTest(unittest.TestCase):
    """One prefix for all: what is installed is only read."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = os.path.join(cls.folder.name, "where it is used")
        # It is moved once, with a space in its name: no file may hold where it was.
        first = os.path.join(cls.folder.name, "first")
        run("cmake", "--install", BUILD, "--prefix", first)
        os.rename(first, cls.prefix)
        cls.libraries = os.path.dirname(glob.glob(cls.prefix + "/lib*/**/libgatio.a", recursive=True)[0])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def scratch(self, name):
        path = os.path.join(self.folder.name, name)
        os.makedirs(path)
        return path

    def says_hello(self, *command):
        self.assertEqual(run(*command, env={**os.environ, "LD_LIBRARY_PATH": self.libraries}), GREETING)

    # ---- What is there

    def test_everything_is_there(self):
        there = {os.path.relpath(path, self.prefix) for path in files_below(self.prefix)}
        libraries = os.path.relpath(self.libraries, self.prefix)
        headers = {f"include/gatio/{name}" for name in os.listdir(os.path.join(ROOT, "include/gatio"))}
        wanted = headers | {f"{libraries}/{name}" for name in (
            "libgatio.a", "libgatio.so", "libgatio.so.0.1", "libgatio.so.0.1.0", "libgatio_sim.a", "pkgconfig/gatio.pc", "pkgconfig/gatio_sim.pc",
            "cmake/gatio/gatioConfig.cmake", "cmake/gatio/gatioConfigVersion.cmake")}
        wanted |= {"bin/gatio", "share/gatio/seccomp.json", "share/doc/gatio/LICENSE", "share/doc/gatio/README.md",
                   "share/doc/gatio/examples/CMakeLists.txt",
                   "share/doc/gatio/examples/samples/hello.c", "share/doc/gatio/examples/samples/kv/main.c"}
        self.assertEqual(wanted - there, set())
        self.assertEqual({name for name in there if name.startswith("include/")}, headers)
        self.assertFalse([name for name in there if "gi_" in name or "test" in name])
        self.assertEqual([name for name in there if name.endswith("CMakeLists.txt")], ["share/doc/gatio/examples/CMakeLists.txt"])

    def test_shared_library_has_a_soname_and_versions(self):
        library = os.path.join(self.libraries, "libgatio.so")
        dynamic = run("readelf", "-d", library)
        self.assertIn("soname: [libgatio.so.0.1]", dynamic)
        self.assertIn("NODELETE", dynamic)  # its threads outlive the plugin that brought it
        names = re.findall(r"^\S+ [TDBVWR] (\S+)$", run("nm", "-D", "--defined-only", library), re.MULTILINE)
        self.assertIn("gatio_system_create@@GATIO_0.1", names)
        self.assertEqual([name for name in names if not re.fullmatch(r"gatio_\w+@@GATIO_0\.1", name)], [])

    def test_tool_runs_where_it_was_put(self):
        self.assertIn("driver", run(os.path.join(self.prefix, "bin/gatio"), "topology"))

    # ---- pkg-config

    def flags(self, *options, libraries=None, package="gatio"):
        """Where there is no other package: none is asked for."""
        path = os.path.join(libraries or self.libraries, "pkgconfig")
        text = run("pkg-config", *options, package, env={**os.environ, "PKG_CONFIG_PATH": "", "PKG_CONFIG_LIBDIR": path})
        return [word.replace("\\ ", " ") for word in re.split(r"(?<!\\)\s+", text.strip())]

    def test_pkg_config_shared(self):
        flags = self.flags("--cflags", "--libs")
        self.assertFalse({"-luring", "-lhwloc", "-lnuma"} & set(flags))
        for language, compiler in COMPILERS.items():
            out = os.path.join(self.folder.name, "shared-" + language)
            run(compiler, HELLO[language], *flags, "-o", out)
            self.assertIn("libgatio.so.0.1", run("readelf", "-d", out))
            self.says_hello(out)

    def test_pkg_config_static(self):
        # Where there is only the archive: -lgatio would take the shared one.
        prefix = os.path.join(self.folder.name, "only-static")
        shutil.copytree(self.prefix, prefix, symlinks=True)
        libraries = os.path.join(prefix, os.path.relpath(self.libraries, self.prefix))
        for path in glob.glob(libraries + "/libgatio.so*"):
            os.remove(path)
        flags = self.flags("--static", "--cflags", "--libs", libraries=libraries)
        self.assertLessEqual({"-luring", "-lhwloc", "-lnuma", "-pthread"}, set(flags))
        for language, compiler in COMPILERS.items():
            out = os.path.join(self.folder.name, "static-" + language)
            run(compiler, HELLO[language], *flags, "-o", out)
            self.assertNotIn("libgatio", run("readelf", "-d", out))
            self.says_hello(out)

    def test_pkg_config_sim(self):
        """A world of somebody's: the same run as that of the build."""
        out = os.path.join(self.folder.name, "world")
        main = out + "_main.o"
        run("gcc", "-D_GNU_SOURCE", "-Dmain=echo_main", "-c", os.path.join(ROOT, "samples/echo.c"), "-o", main,
            *self.flags("--cflags"))
        run("gcc", os.path.join(ROOT, "tests/sim/echo.c"), main, *self.flags("--cflags", "--libs", package="gatio_sim"), "-o", out)
        seeds = ["--seeds", "20", "--quiet"]
        self.assertEqual(run(out, *seeds).splitlines()[-1],
                         run(os.path.join(BUILD, "bin/sim-echo"), *seeds).splitlines()[-1])

    # ---- CMake

    def project(self, how, *options):
        """Builds somebody's project; returns its folder, and what it saw."""
        source, build = self.scratch(how), self.scratch(how + "-build")
        shutil.copy(os.path.join(HERE, "project/CMakeLists.txt"), source)
        for ending, path in HELLO.items():
            shutil.copy(path, os.path.join(source, "hello." + ending))
        said = run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DHOW={how}", f"-DGATIO_SOURCE={ROOT}", *options)
        run("cmake", "--build", build)
        for language in COMPILERS:
            for library in ("gatio", "gatio_static"):
                out = os.path.join(build, f"{language}_{library}")
                (self.assertIn if library == "gatio" else self.assertNotIn)("libgatio.so.0.1", run("readelf", "-d", out))
                self.assertEqual(run(out), GREETING)
        return build, dict(re.findall(r"^-- seen (\w+)=(.*)$", said, re.MULTILINE))

    def assert_left_alone(self, build, seen, build_type):
        """A project does not notice that gatio is in it."""
        self.assertEqual(seen.pop("TARGETS"), "c_gatio;c_gatio_static;cpp_gatio;cpp_gatio_static")
        self.assertEqual(seen.pop("BUILD_TYPE"), build_type)
        self.assertEqual(seen.pop("C_FLAGS_RELEASE"), "-O3 -DNDEBUG")
        self.assertEqual(set(seen.values()), {""}, seen)
        with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
            cache = file.read()
        self.assertNotIn("CUNIT", cache)
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
            commands = re.findall(r'"command": "([^"]*hello\.c)"', file.read())
        self.assertEqual(len(commands), 2)
        for command in commands:
            self.assertNotRegex(command, r"-W|-fvisibility|-std=|GNU_SOURCE|-fsanitize")
        self.assertEqual(glob.glob(build + "/**/bin/*", recursive=True), [])
        self.assertIn("No tests were found", subprocess.run(["ctest", "--test-dir", build], capture_output=True, text=True,
                                                            check=False).stderr)
        run("cmake", "--install", build, "--prefix", build + "-prefix")
        self.assertEqual(files_below(build + "-prefix"), [])

    def test_find_package(self):
        self.project("installed", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_find_package_sim(self):
        source, build = self.scratch("sim-project"), self.scratch("sim-project-build")
        for path in ("tests/sim/echo.c", "samples/echo.c"):
            shutil.copy(os.path.join(ROOT, path), os.path.join(source, path.replace("/", "_")))
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write("cmake_minimum_required(VERSION 3.16)\nproject(x LANGUAGES C)\nfind_package(gatio REQUIRED)\n"
                       "add_library(service OBJECT samples_echo.c)\ntarget_link_libraries(service PRIVATE gatio::gatio_static)\n"
                       "target_compile_definitions(service PRIVATE main=echo_main)\n"
                       "add_executable(world tests_sim_echo.c $<TARGET_OBJECTS:service>)\n"
                       "target_link_libraries(world PRIVATE gatio::gatio_sim)\n")
        run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.assertIn(" 0 failed", run(os.path.join(build, "world"), "--seeds", "5", "--quiet"))

    def test_find_package_refuses_another_version(self):
        """Before 1.0 each minor version is one of its own, the earlier ones too."""
        for version in ("0.0", "0.2", "1.0"):
            self.assertIn("0.1.0", self.refused("version" + version, f"find_package(gatio {version} REQUIRED)"))

    def refused(self, name, line):
        """What CMake says to a project with this line."""
        source = self.scratch(name)
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write(f"cmake_minimum_required(VERSION 3.16)\nproject(x LANGUAGES C)\n{line}\n")
        done = subprocess.run(["cmake", "-S", source, "-B", source + "/build", f"-DCMAKE_PREFIX_PATH={self.prefix}"],
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_find_package_without_what_the_static_one_needs(self):
        """The shared one is there all the same; who asks for the static one is told."""
        nothing = self.scratch("no packages")
        start = f'set(ENV{{PKG_CONFIG_LIBDIR}} "{nothing}")\n'
        said = self.refused("static", start + "find_package(gatio REQUIRED COMPONENTS static)")
        self.assertIn("gatio::gatio_static needs pkg-config, liburing, hwloc and libnuma", " ".join(said.split()))
        said = self.refused("shared", start + "find_package(gatio REQUIRED COMPONENTS shared)\n"
                                              "get_target_property(x gatio::gatio TYPE)\nmessage(FATAL_ERROR \"is ${x}\")")
        self.assertIn("is SHARED_LIBRARY", said)

    def test_add_subdirectory(self):
        build, seen = self.project("inside", "-DCMAKE_BUILD_TYPE=Release")
        self.assert_left_alone(build, seen, "Release")

    def test_fetch_content(self):
        build, seen = self.project("fetched")
        self.assert_left_alone(build, seen, "")

    def test_examples_build(self):
        build = self.scratch("examples")
        run("cmake", "-S", os.path.join(self.prefix, "share/doc/gatio/examples"), "-B", build, "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.assertEqual(run(os.path.join(build, "hello")), GREETING)
        self.assertIn("--listen", run(os.path.join(build, "gatio-kv"), "--help"))
        self.assertIn("--listen", run(os.path.join(build, "gatio-chat"), "--help"))


class UninstallTest(unittest.TestCase):
    def test_uninstall_removes_what_was_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            others = os.path.join(folder, "lib/others.txt")
            os.makedirs(os.path.dirname(others))
            with open(others, "w", encoding="utf-8") as file:
                file.write("not ours\n")
            run("cmake", "--install", BUILD, "--prefix", folder)
            self.assertGreater(len(files_below(folder)), 50)
            run("cmake", "--build", BUILD, "--target", "uninstall")
            self.assertEqual(files_below(folder), [others])
            self.assertEqual(glob.glob(folder + "/**/gatio", recursive=True), [])
            self.assertTrue(os.path.isdir(folder + "/bin"))  # empty, but not ours
            again = subprocess.run(["cmake", f"-DMANIFEST={BUILD}/install_manifest.txt", "-P",
                                    os.path.join(ROOT, "cmake/uninstall.cmake")], capture_output=True, text=True, check=False)
            self.assertNotEqual(again.returncode, 0)
            self.assertIn("nothing has been installed from this build", " ".join(again.stderr.split()))

    def test_package_is_staged_and_taken_back(self):
        """As those do it who make packages."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "DESTDIR": folder}
            run("cmake", "--install", BUILD, "--prefix", "/opt/gatio", env=environment)
            self.assertTrue(os.path.exists(folder + "/opt/gatio/include/gatio/gatio.h"))
            run("cmake", "--build", BUILD, "--target", "uninstall", env=environment)
            self.assertEqual(files_below(folder), [])

    def test_dev_installs_and_uninstalls(self):
        if os.path.realpath(BUILD) != os.path.join(ROOT, "build/release"):
            self.skipTest("./dev install is for build/release")
        with tempfile.TemporaryDirectory() as folder:
            run(os.path.join(ROOT, "dev"), "install", "--prefix", folder + "/new")
            self.assertTrue(os.path.exists(folder + "/new/include/gatio/gatio.h"))
            run(os.path.join(ROOT, "dev"), "uninstall")
            self.assertEqual(files_below(folder), [])


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
