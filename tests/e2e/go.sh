#!/usr/bin/env bash
# Proves: a static Go program (no libc) with 1,000 goroutines, preempted busy loops, repaired faults, timers, os/signal, os/exec,
# net/http and garbage collection prints and returns the same under the shim, also when ended by SIGTERM or by a crash.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need go

# Built once: Go's own build cache makes a second build quick.
PROGRAM=$E2E_CACHE/go/workload
mkdir -p "$E2E_CACHE/go"
(
    cd "$PROGRAMS/go"
    export CGO_ENABLED=0 GOFLAGS=-mod=mod GO111MODULE=on GOTOOLCHAIN=local GOPROXY=off
    export GOCACHE=$E2E_CACHE/go/cache GOPATH=$E2E_CACHE/go/path
    go build -o "$PROGRAM" .
) 2>"$T/build.err"

E2E_STATUS=14
both workload "$PROGRAM"

says_waiting() { grep -qs waiting "$WORK/waiting.out"; }

end_by_signal() {
    launcher "$1"
    (cd "$WORK" && exec setsid "${LAUNCH[@]}" "$PROGRAM" wait) >"$WORK/waiting.out" 2>"$T/wait.$1.err" &
    local pid=$!
    E2E_PIDS+=("$pid")
    wait_until 30 "the program to wait" says_waiting
    stop_server "$2" "$pid"
    cat "$WORK/waiting.out"
    echo "status $SERVER_STATUS"
}
both_workloads terminated end_by_signal TERM
both_workloads dumped end_by_signal QUIT
both_workloads killed end_by_signal KILL

expect_calls "$PROGRAM" 3
expect_calls echo
expect_calls cat
