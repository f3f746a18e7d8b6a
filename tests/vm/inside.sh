#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Process 1 of the machine that numa_vm.sh boots: the suites, then both servers. The last line is "vm: all held", or not.
export PATH=/bin:/t HOME=/tmp GATIO_VM=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup
ip link set lo up
ulimit -n 20000
cd /t || poweroff -f
nodes=0 cpus=0 short=no
. /t/settings # what numa_vm.sh was asked for

failed=0

say() { echo "vm: $*"; }

holds() { # status what
    if [ "$1" = 0 ]; then
        say "$(cut -d. -f1 /proc/uptime) s: holds: $2"
    else
        failed=$((failed + 1))
        say "FAILED with $1: $2"
    fi
}

run_suite() {
    timeout 300 "/t/$1" >/tmp/suite.out 2>&1
    status=$?
    if [ $status = 77 ]; then
        say "skipped: $1: $(grep SKIPPED /tmp/suite.out)"
        return
    fi
    [ $status = 0 ] || tail -60 /tmp/suite.out
    holds $status "$1: $(grep -E '^ +tests ' /tmp/suite.out | tr -s ' ')"
}

run_suites() {
    for suite in test_*; do run_suite "$suite"; done
    [ "$short" = yes ] && return
    for suite in stress_*; do [ -x "$suite" ] && run_suite "$suite"; done
}

# ---- Servers ------------------------------------------------------------------------------------------------------

start_server() { # name: sets server and port
    "/t/$1" --listen 127.0.0.1:0 --drivers "$cpus" >/tmp/server.out 2>/tmp/server.err &
    server=$!
    for _ in $(seq 300); do
        grep -q '^ready' /tmp/server.out && break
        sleep 0.1
    done
    port=$(sed -n 's/^ready.*127\.0\.0\.1:\([0-9][0-9]*\).*/\1/p' /tmp/server.out | head -1)
    [ -n "$port" ]
    holds $? "$1 is ready on port $port with $cpus drivers"
}

stop_server() { # name
    kill -TERM $server
    timeout 30 sh -c "while kill -0 $server 2>/dev/null; do sleep 0.1; done"
    wait $server
    status=$?
    [ $status = 0 ] || cat /tmp/server.err
    holds $status "$1 drains at SIGTERM"
}

# Each driver thread may run on one CPU only, and no two on the same.
check_pinning() { # name
    pinned=$(for task in /proc/$server/task/*; do
        sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\)$/\1/p' "$task/status"
    done | sort -n | tr '\n' ' ')
    [ "$pinned" = "$(seq 0 $((cpus - 1)) | tr '\n' ' ')" ]
    holds $? "$1 has a driver on each of CPUs $pinned"
}

talk_to_kv() {
    for number in $(seq 50); do echo "SET key:$number value:$number"; done >/tmp/commands
    echo DBSIZE >>/tmp/commands
    for number in $(seq 50); do echo "GET key:$number"; done >>/tmp/commands
    redis-cli -p "$port" </tmp/commands >/tmp/answers
    { for _ in $(seq 50); do echo OK; done; echo 50; for number in $(seq 50); do echo "value:$number"; done; } >/tmp/wanted
    cmp -s /tmp/answers /tmp/wanted || { head -5 /tmp/answers && false; }
    holds $? "50 keys set and read over all shards"
    redis-benchmark -p "$port" -t set,get -c 20 -P 8 -n 4000 -q >/tmp/answers 2>&1
    [ $? = 0 ] && [ "$(tr '\r' '\n' </tmp/answers | grep -c 'requests per second')" -ge 2 ] && ! grep -qi error /tmp/answers
    holds $? "redis-benchmark runs clean"
}

# irc NICK: registers, joins, says what comes on its own line, parts and quits. Slow on purpose: the machine is.
irc() {
    {
        printf 'NICK %s\r\nUSER %s 0 * :%s\r\n' "$1" "$1" "$1"
        sleep 4
        printf 'JOIN #gatio\r\n'
        sleep 4
        printf 'PRIVMSG #gatio :hello from %s\r\n' "$1"
        sleep 4
        printf 'PART #gatio :bye\r\nQUIT :done\r\n'
        sleep 2
    } | timeout 60 nc 127.0.0.1 "$port" | tr -d '\r' >"/tmp/irc.$1"
}

talk_to_chat() {
    irc ann &
    ann=$!
    irc bob &
    wait $ann $!
    grep -q ' 001 ann ' /tmp/irc.ann && grep -q ' 366 ann #gatio ' /tmp/irc.ann &&
        grep -q '^:bob!.* PRIVMSG #gatio :hello from bob$' /tmp/irc.ann &&
        grep -q '^:ann!.* PRIVMSG #gatio :hello from ann$' /tmp/irc.bob
    status=$?
    [ $status = 0 ] || cat /tmp/irc.ann /tmp/irc.bob
    holds $status "ann and bob hear each other"
}

try_server() { # name, function that talks to it
    [ -x "/t/$1" ] || { holds 1 "$1 is there"; return; }
    start_server "$1"
    if [ -n "$port" ]; then
        check_pinning "$1"
        $2
    fi
    stop_server "$1"
}

say "kernel $(uname -r), $(nproc) CPUs, $(ls -d /sys/devices/system/node/node* | wc -l) nodes"
[ "$(nproc)" = "$cpus" ] && [ "$(ls -d /sys/devices/system/node/node* | wc -l)" = "$nodes" ]
holds $? "the machine is as asked for"
run_suites
try_server gatio-kv talk_to_kv
try_server gatio-chat talk_to_chat
if [ $failed = 0 ]; then say "all held"; else say "$failed did not hold"; fi
poweroff -f
