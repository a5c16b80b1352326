#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# Proves: where one thread closes a connection, or puts something else in its place, while others write and read it, nothing of it
# goes out in the clear or to another connection that got its number, and the program goes on. See programs/close_races.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -pthread -o "$T/close_races" "$PROGRAMS/close_races.c"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server}"
for way in close dup2 epoll; do
    serve "$PORT" "$T/close_races" "$PORT" $way
    timeout "$E2E_LIMIT" python3 "$PROGRAMS/close_races.py" "$PORT" "${CLOSE_RACES_ROUNDS:-150}" >"$T/answer" 2>&1 || cat "$T/server.err"
    expect $way '^nothing was seen$' "$T/answer"
    stop_server
done
exit $WRONG
