#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The seccomp profile in tools/ is one that containers take, allows io_uring and what gatio asks for, and nothing that
Docker's default refuses; and what the library says where io_uring is forbidden names it.

    tests/tools/test_seccomp.py PATH-OF-GATIO-KV
"""
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILE = os.path.join(ROOT, "tools/seccomp.json")
INSTALLED = "share/gatio/seccomp.json"
SERVER = ""
EPERM = 1
IO_URING = {"io_uring_setup", "io_uring_enter", "io_uring_register"}
# What Docker's default profile refuses a container that was given no more capabilities than it has by itself.
REFUSED = """_sysctl acct add_key bpf clock_settime create_module delete_module fanotify_init finit_module fsconfig fsmount fsopen
    fspick get_kernel_syms get_mempolicy init_module ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind
    migrate_pages mount mount_setattr move_mount move_pages nfsservctl open_by_handle_at open_tree perf_event_open
    pidfd_getfd pivot_root process_madvise query_module quotactl quotactl_fd reboot request_key set_mempolicy
    set_mempolicy_home_node setdomainname sethostname setns settimeofday swapoff swapon sysfs syslog umount umount2 unshare
    uselib userfaultfd ustat vhangup""".split()
ACTIONS = {"SCMP_ACT_ALLOW": 0x7fff0000, "SCMP_ACT_ERRNO": 0x00050000}
COMPARISONS = {"SCMP_CMP_EQ": 4, "SCMP_CMP_MASKED_EQ": 7}


def profile():
    with open(PROFILE, encoding="utf-8") as file:
        return json.load(file)


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp"""
    _fields_ = [("index", ctypes.c_uint), ("op", ctypes.c_int), ("value", ctypes.c_uint64), ("value_two", ctypes.c_uint64)]


def put_on(refused=()):
    """This process takes the profile, as a container's would: less the calls that are refused."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    told = profile()
    context = ctypes.c_void_p(library.seccomp_init(ACTIONS[told["defaultAction"]] | told["defaultErrnoRet"]))
    for rule in told["syscalls"]:
        action = ACTIONS[rule["action"]] | rule.get("errnoRet", 0)
        comparisons = [Comparison(arg["index"], COMPARISONS[arg["op"]], arg["value"], arg.get("valueTwo", 0))
                       for arg in rule.get("args", [])]
        for name in set(rule["names"]) - set(refused):
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number != -1:  # it is one of another machine, or newer than the library
                array = (Comparison * len(comparisons))(*comparisons)
                assert library.seccomp_rule_add_array(context, action, number, len(comparisons), array) == 0, name
    assert library.seccomp_load(context) == 0


def first_line(backend, refused=()):
    """Of the server's, and of its errors, with the profile on."""
    command = [SERVER, "--listen", "127.0.0.1:0", "--drivers", "2", "--backend", backend]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=lambda: put_on(refused)) as server:
        line = server.stdout.readline()
        server.terminate()
        return line, server.communicate(timeout=60)[1]


def first_line_where_disabled(level):
    """The same in a mount namespace where sysctl kernel.io_uring_disabled says so. None: there can be none here."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(f"{level}\n")
        file.flush()
        inside = f"mount --bind {file.name} /proc/sys/kernel/io_uring_disabled && exec {sys.executable} {__file__} {SERVER} ask"
        done = subprocess.run(["unshare", "--mount", "sh", "-c", inside], capture_output=True, text=True, timeout=60,
                              check=False)
    return done.stdout or None


def has_library():
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return False
    return True


class SeccompTest(unittest.TestCase):
    """tools/seccomp.json"""

    def test_it_refuses_by_default(self):
        self.assertEqual(profile()["defaultAction"], "SCMP_ACT_ERRNO")
        self.assertEqual(profile()["defaultErrnoRet"], EPERM)

    def test_it_allows_io_uring_alone_of_what_docker_refuses(self):
        allowed = [name for rule in profile()["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" and "args" not in rule
                   for name in rule["names"]]
        self.assertLessEqual(IO_URING, set(allowed))
        self.assertEqual(set(allowed) & set(REFUSED), set())
        self.assertEqual(len(allowed), len(set(allowed)))

    def test_it_makes_no_namespaces(self):
        clone, clone3 = ([rule for rule in profile()["syscalls"] if name in rule["names"]] for name in ("clone", "clone3"))
        self.assertEqual([rule["args"][0]["value"] for rule in clone], [0x7e020000])
        self.assertEqual([rule["errnoRet"] for rule in clone3], [38])

    def test_it_has_only_what_every_runtime_reads(self):
        """`includes` is Docker's own: elsewhere it is passed over, and a call for the privileged is everybody's."""
        for rule in profile()["syscalls"]:
            self.assertLessEqual(set(rule), {"comment", "names", "action", "args", "errnoRet"})

    @unittest.skipUnless(has_library(), "no libseccomp here")
    def test_a_server_runs_under_it(self):
        for backend in ("io_uring", "epoll"):
            line, said = first_line(backend)
            self.assertTrue(line.startswith("ready "), said)

    @unittest.skipUnless(has_library(), "no libseccomp here")
    def test_without_io_uring_one_line_names_it(self):
        line, said = first_line("auto", IO_URING)
        self.assertTrue(line.startswith("ready "), said)
        warnings = [each for each in said.splitlines() if "drivers run on epoll" in each]
        self.assertEqual(len(warnings), 1, said)
        self.assertIn("two system calls more for each request", warnings[0])
        self.assertIn(f"docker run --security-opt seccomp={INSTALLED}", warnings[0])

    @unittest.skipUnless(has_library(), "no libseccomp here")
    def test_where_sysctl_forbids_io_uring_that_is_said(self):
        said = first_line_where_disabled(2)
        if said is None:
            self.skipTest("no mount namespaces here")
        self.assertIn("sysctl kernel.io_uring_disabled is 2", said)
        self.assertNotIn(INSTALLED, said)


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    if sys.argv[1:] == ["ask"]:
        print(*first_line("auto", IO_URING))
    else:
        unittest.main()
