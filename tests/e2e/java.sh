#!/usr/bin/env bash
# Proves: OpenJDK with 64 threads, garbage collection in a small heap, null pointers and stack overflows found by faults, child
# processes, sockets and an http server prints and returns the same under the shim, and SIGTERM runs its shutdown hook.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need java javac

JAVA=$(realpath "$(command -v java)")
mkdir "$T/classes"
javac -d "$T/classes" "$PROGRAMS/Workload.java" 2>"$T/javac.err"

E2E_STATUS=11
both workload "$JAVA" -Xmx256m -cp "$T/classes" Workload
E2E_STATUS=0
both null_pointers "$JAVA" -Xmx256m -XX:TieredStopAtLevel=1 -cp "$T/classes" Workload nulls

says_waiting() { grep -qs waiting "$WORK/waiting.out"; }

end_by_signal() {
    launcher "$1"
    (cd "$WORK" && exec setsid "${LAUNCH[@]}" "$JAVA" -Xmx256m -cp "$T/classes" Workload wait) >"$WORK/waiting.out" 2>"$T/wait.$1.err" &
    local pid=$!
    E2E_PIDS+=("$pid")
    wait_until 30 "the program to wait" says_waiting
    stop_server TERM "$pid"
    cat "$WORK/waiting.out"
    echo "status $SERVER_STATUS"
}
both_workloads shutdown_hook end_by_signal

expect_calls "$JAVA" 3
for program in echo cat seq grep wc; do
    expect_calls "$program"
done
