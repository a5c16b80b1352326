#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# What ends a wait on a shielded connection is what ends it natively: programs/timeouts.c against an echo server.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
gcc -O1 -o "$T/timeouts" "$PROGRAMS/timeouts.c"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}" "connect localhost:$PORT tls {client} servers {ca}"
setsid "$T/echo_server" threads "$PORT" >"$T/server.out" &
SERVER=$!
until [[ -s $T/server.out ]]; do read -rt 0.05 <> <(:) || true; done
timeout "$E2E_LIMIT" "$T/timeouts" "$PORT" >"$T/native" || fail "natively"
stop_server
serve "$PORT" "$T/echo_server" threads "$PORT"
under "$T/timeouts" "$PORT" >"$T/protected" || cat "$T/errors"
diff "$T/native" "$T/protected" || fail "differs from native"
echo "ok $(wc -l <"$T/native") waits"
