#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# Peers that send nothing, or half a record, or never read: others are served meanwhile. See programs/slow_peers.py.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
for mode in poll epoll-lt epoll-et epoll-oneshot threads; do
    serve "$PORT" "$T/echo_server" $mode "$PORT"
    timeout "$E2E_LIMIT" python3 "$PROGRAMS/slow_peers.py" "$PORT" >"$T/answer" || cat "$T/server.err"
    expect $mode served "$T/answer"
    stop_server
done
exit $WRONG
