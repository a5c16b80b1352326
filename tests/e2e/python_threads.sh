#!/usr/bin/env bash
# Proves: CPython with hundreds of threads, locks, queues, timers, signals between threads and forks from threads prints and
# returns the same under the shim; the process ends at once when a thread other than the first calls exit.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

E2E_STATUS=23
both threads /usr/bin/python3 "$PROGRAMS/threads.py"

expect_calls /usr/bin/python3
