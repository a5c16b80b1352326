#!/usr/bin/env bash
# Proves: CPython's multiprocessing (fork, spawn and forkserver: pools, queues, pipes, locks, managers, shared memory) gives
# the same results under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

for method in fork spawn forkserver; do
    both "$method" /usr/bin/python3 "$PROGRAMS/multiprocesses.py" "$method"
done

expect_calls /usr/bin/python3 6
