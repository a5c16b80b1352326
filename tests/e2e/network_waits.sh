#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# Every way of waiting, on a plain echo server that the shield makes speak TLS: a TLS client, and a plain client whose connections
# the shield makes TLS too. The same client asks it natively in the clear first. See network_lib.sh.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
head -c 3000000 /dev/urandom >"$T/file"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}" "connect localhost:$PORT tls {client} servers {ca}"

for mode in blocking first total peek sendfile threads poll select epoll-lt epoll-et epoll-oneshot prefork fork; do
    : >"$T/server.out"
    setsid "$T/echo_server" $mode "$PORT" "$T/file" >"$T/server.out" &
    SERVER=$!
    until [[ -s $T/server.out ]]; do read -rt 0.05 <> <(:) || true; done
    timeout "$E2E_LIMIT" python3 "$PROGRAMS/echo_client.py" plain $mode "$PORT" "$T/file" >"$T/native" || fail "$mode natively"
    stop_server
    serve "$PORT" "$T/echo_server" $mode "$PORT" "$T/file"
    if [[ $mode != total ]]; then  # Python's ssl cannot half-close
        timeout "$E2E_LIMIT" python3 "$PROGRAMS/echo_client.py" tls $mode "$PORT" "$T/file" >"$T/tls" || cat "$T/server.err"
        cmp "$T/native" "$T/tls" || fail "$mode with a TLS client"
    fi
    under "$PYTHON" "$PROGRAMS/echo_client.py" plain $mode "$PORT" "$T/file" >"$T/both" || cat "$T/errors"
    cmp "$T/native" "$T/both" || fail "$mode with both ends shielded"
    grep -v insecure-network "$T/server.err" && fail "$mode: lines on standard error"
    stop_server
    echo "ok $mode"
done
