#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# Proves: a peer that stops within its handshake loses its place when its time is over, with a line and a counter; others are served.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
free_port
rules "default refuse" "handshakes 0" "listen 127.0.0.1:$PORT tls {server}"
for mode in poll epoll-lt epoll-et; do
    serve "$PORT" "$T/echo_server" $mode "$PORT"
    timeout "$E2E_LIMIT" python3 "$PROGRAMS/slow_handshake.py" "$PORT" >"$T/answer" || cat "$T/server.err"
    expect $mode '^ended$' "$T/answer"
    expect "$mode: a line" 'refused 127.0.0.1:[0-9]+ at listen .*: too-slow: ' "$T/server.err"
    stop_server
done
exit $WRONG
