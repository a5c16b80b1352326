#!/usr/bin/env bash
# Proves: Node.js (JIT, libuv's thread pool, http, child_process exec, spawn and fork, worker_threads, fs, timers, signals,
# cluster) prints and returns the same under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need node

E2E_STATUS=13
both node "$(command -v node)" "$PROGRAMS/workload.js"

expect_calls node 3
expect_calls seq
expect_calls cat 2
