#!/usr/bin/env bash
# Proves: CPython starts programs in every way it knows (fork and exec, vfork, posix_spawn, exec from a thread), what children
# inherit (descriptors, signals, groups, limits) and every error of a failed start are the same under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

E2E_STATUS=19
normalise() { sed -E 's/^[0-9]+ [0-9]+$/PID PPID/'; }
both subprocesses /usr/bin/python3 "$PROGRAMS/subprocesses.py"

expect_calls /usr/bin/python3 10
expect_calls sh 10
expect_calls true 5
for program in tr tail env cat echo; do
    expect_calls "$program"
done
