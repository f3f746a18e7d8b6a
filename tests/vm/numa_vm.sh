#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots a machine with real NUMA nodes and Debian 12's own kernel 6.1, by software emulation, and runs inside.sh in it.
#
#     numa_vm.sh [--short] [NODES] [CPUS]     default 4 nodes and 8 CPUs in all; --short: 2 and 4, and fewer suites
#
# GATIO_BUILD names the build whose bin/ is tried [build/release]; GATIO_VM_SECONDS bounds the run.
# Exit status 0 when everything inside held, 77 when there is no kernel and none can be fetched, 1 else.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")
short=no
if [[ ${1:-} == --short ]]; then
    short=yes
    shift
fi
if [[ $short == yes ]]; then default_nodes=2 default_cpus=4; else default_nodes=4 default_cpus=8; fi
nodes=${1:-$default_nodes}
cpus=${2:-$default_cpus}
build=${GATIO_BUILD:-$root/build/release}
bin=$build/bin
seconds=${GATIO_VM_SECONDS:-900}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatio/vm # outlives ./dev clean: a kernel is 27 MB to fetch
node_memory_mb=512

say() { printf 'vm: %s\n' "$*"; }
fail() {
    say "$*" >&2
    exit 1
}

[[ $nodes =~ ^[1-9][0-9]*$ && $cpus =~ ^[1-9][0-9]*$ ]] || fail "NODES and CPUS are counts, not '$nodes' and '$cpus'"
((cpus % nodes == 0)) || fail "$cpus CPUs do not divide by $nodes nodes; give a multiple of $nodes"
[[ -d $bin ]] || fail "no programs in $bin; run ./dev build first"

# ---- Kernel -------------------------------------------------------------------------------------------------------

kernel_file() { { find "$cache/boot" -name 'vmlinuz-6.1.*' 2>/dev/null || true; } | sort -V | tail -1; }

kernel_package() {
    apt-cache search --names-only '^linux-image-6\.1\.0-[0-9]+-cloud-amd64-unsigned$' 2>/dev/null |
        awk '{print $1}' | sort -V | tail -1
}

update_lists() {
    if [[ $(id -u) == 0 ]]; then apt-get update -q; else sudo -n apt-get update -q; fi
}

download_kernel() {
    local package work
    package=$(kernel_package)
    [[ $package ]] || return 1
    say "fetching $package"
    work=$(mktemp -d)
    # apt-get's own helper user writes here when we are root.
    chmod 755 "$work"
    if (cd "$work" && apt-get download -q -o APT::Sandbox::User=root "$package") && dpkg -x "$work"/*.deb "$work/tree"; then
        mkdir -p "$cache/boot"
        # Whole or not at all: another run may look for it.
        cp "$work"/tree/boot/vmlinuz-6.1.* "$cache/boot/.new"
        mv "$cache/boot/.new" "$cache/boot/$(basename "$work"/tree/boot/vmlinuz-6.1.*)"
    fi
    rm -rf "$work"
    [[ $(kernel_file) ]]
}

kernel=$(kernel_file)
if [[ ! $kernel ]]; then
    download_kernel || { update_lists && download_kernel; } || {
        say "SKIPPED: no kernel 6.1 in $cache/boot, and apt cannot fetch one (is there a network?)"
        exit 77
    }
    kernel=$(kernel_file)
fi

# ---- What is inside -----------------------------------------------------------------------------------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
image=$work/root

# add_library FILE: where it lies here.
add_library() {
    mkdir -p "$image$(dirname "$1")"
    cp -Ln "$1" "$image$1"
}

# add_program FILE: to /t/ with the libraries it needs.
add_program() {
    local library
    cp -L "$1" "$image/t/"
    while read -r library; do add_library "$library"; done < <(ldd "$1" 2>/dev/null | grep -oE '/[^ )]+')
}

make_image() {
    local applet file
    mkdir -p "$image"/{bin,dev,proc,sys,tmp,t,etc,run}
    cp "$(command -v busybox)" "$image/bin/busybox"
    for applet in sh awk cat cp cut date dmesg echo env false grep head ip kill ls cmp mkdir mount nc nproc poweroff \
        printf ps rm sed seq sleep sort tail test timeout tr true uname wc; do
        ln -s busybox "$image/bin/$applet"
    done
    for file in "$bin"/test_* "$bin"/stress_* "$bin"/gatio* "$(command -v redis-cli)" \
        "$(command -v redis-benchmark)"; do
        if [[ -x $file ]]; then add_program "$file"; fi
    done
    for file in "$build"/lib/libguest_*.so; do add_library "$(realpath "$file")"; done # test_actors_plugin opens them
    # Suites name their data by the path that it had when they were built.
    (cd "$root" && find tests -type d -name data -print0) | while IFS= read -r -d '' file; do
        mkdir -p "$image$root/$file"
        cp -r "$root/$file/." "$image$root/$file/"
    done
    cp "$here/inside.sh" "$image/init"
    chmod +x "$image/init"
    printf 'nodes=%s\ncpus=%s\nshort=%s\n' "$nodes" "$cpus" "$short" >"$image/t/settings"
    (cd "$image" && find . -print0 | cpio --null --create --format=newc --quiet | gzip -1) >"$work/initrd.gz"
}

# ---- Boot ---------------------------------------------------------------------------------------------------------

numa_arguments() {
    local node other per=$((cpus / nodes))
    for ((node = 0; node < nodes; node++)); do
        printf '%s\n' -object "memory-backend-ram,id=m$node,size=${node_memory_mb}M" \
            -numa "node,nodeid=$node,memdev=m$node,cpus=$((node * per))-$((node * per + per - 1))"
        for ((other = node + 1; other < nodes; other++)); do
            distances+=(-numa "dist,src=$node,dst=$other,val=21")
        done
    done
}

boot() {
    local distances=() arguments
    numa_arguments >"$work/arguments"
    mapfile -t arguments <"$work/arguments"
    timeout --foreground "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max \
        -smp "$cpus,sockets=$nodes,cores=$((cpus / nodes)),threads=1" -m "$((nodes * node_memory_mb))M" \
        "${arguments[@]}" "${distances[@]}" -kernel "$kernel" -initrd "$work/initrd.gz" \
        -append "console=ttyS0 panic=-1 quiet" -display none -serial stdio -monitor none -no-reboot -nic none \
        </dev/null 2>&1 | tr -d '\r' | tee "$work/console"
}

make_image
say "$nodes nodes, $cpus CPUs, $(basename "$kernel"), $(du -h "$work/initrd.gz" | cut -f1) image"
boot || say "the machine did not end in order (within $seconds s)"
grep -q '^vm: all held$' "$work/console" || fail "FAILED, see above"
