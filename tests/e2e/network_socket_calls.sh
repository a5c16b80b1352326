#!/usr/bin/env bash
# Proves, over IPv6: recvmmsg and sendmmsg, SO_LINGER, nested and dup'ed epoll instances, EPOLLEXCLUSIVE, SO_RCVLOWAT of a listener,
# and close_notify when the last thread ends by itself, on shielded sockets. See programs/socket_calls.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
[[ -e /proc/net/if_inet6 ]] || skip "no IPv6 on this machine"
gcc -O1 -pthread -o "$T/socket_calls" "$PROGRAMS/socket_calls.c"
free_port
rules "default refuse" "listen [::1]:$PORT tls {server} clients {ca}"
serve "$PORT" "$T/socket_calls" "$PORT"
timeout "$E2E_LIMIT" python3 "$PROGRAMS/socket_calls_client.py" "$PORT" >"$T/answer" || cat "$T/server.err"
for what in "recvmmsg, sendmmsg" "SO_LINGER: (SSLEOF|ConnectionReset)Error" "EPOLLEXCLUSIVE" "epoll" "epoll, another number" "nested epoll" \
    "epoll nested twice" "SO_RCVLOWAT of the listener" "close_notify when the last thread ends"; do
    expect "$what" "^$what\$" "$T/answer"
done
exit $WRONG
