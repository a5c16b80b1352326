#!/usr/bin/env bash
# Proves: CPython's event loop (epoll) serves 200 TCP clients, unix sockets and datagrams, runs children, takes signals and
# timers, and prints and returns the same under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

E2E_STATUS=3
both asyncio /usr/bin/python3 "$PROGRAMS/asynchronous.py"

expect_calls /usr/bin/python3
expect_calls cat
