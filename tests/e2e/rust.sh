#!/usr/bin/env bash
# Proves: a Rust program (64 threads, channels, panics, processes, sockets, files, a stack overflow found by its guard page)
# prints and returns the same under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
as_caller rustc --version >/dev/null 2>&1 || skip "rustc is not installed"

PROGRAM=$E2E_CACHE/rust/workload
mkdir -p "$E2E_CACHE/rust"
if [[ ! $PROGRAM -nt $PROGRAMS/workload.rs ]]; then
    as_caller rustc --edition 2021 -O -A unconditional_recursion -o "$PROGRAM" "$PROGRAMS/workload.rs" 2>"$T/rustc.err"
fi

E2E_STATUS=15
both workload "$PROGRAM"

expect_calls "$PROGRAM"
expect_calls echo
expect_calls cat
