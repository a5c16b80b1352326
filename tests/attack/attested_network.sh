#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# SPDX-License-Identifier: Apache-2.0
#
# Proves: under network rules nothing leaves in the clear but where a rule says `tls: off`, whatever sockets a program uses and
# whatever stood on its standard input; and peers that attack the handshake or the record layer cost bounded memory and block
# nobody. Programs: network_leaks.c with network_sinks.py, network_floods.py.
# shellcheck source=../e2e/network_lib.sh disable=SC1091
source "$(dirname "$0")/../e2e/network_lib.sh"
need gcc
ATTACKS=$(cd "$(dirname "$0")" && pwd)/programs
export RULES
CANARY=canary$(od -An -N 12 -tx1 /dev/urandom | tr -d ' \n')
gcc -O1 -o "$T/network_leaks" "$ATTACKS/network_leaks.c"

# leaks LABEL STDIN DEFAULT LINE...: no line of it may say LEFT but the allowed ones; no sink may see the canary.
leaks() {
    local label=$1 standard_input=$2 default=$3
    shift 3
    rules "default $default" "$@"
    mv "$RULES" "$RULES.in"
    timeout -k 5 100 python3 "$ATTACKS/network_sinks.py" "$CANARY" "$standard_input" "$RUNTIME" --launch "--insecure-network=$RULES" \
        "--program=$T/network_leaks" -- network_leaks CANARY TLS UNNAMED OFF LISTEN >"$T/leaks.$label" 2>"$T/leaks.$label.err" ||
        { cat "$T/leaks.$label" "$T/leaks.$label.err"; fail "$label: the program ended early"; }
    grep -q '^done$' "$T/leaks.$label" || fail "$label: the program did not reach its end"
    if grep -v '^allowed' "$T/leaks.$label" | grep -E "${LEAK:-LEFT|SEEN}"; then
        echo "WRONG $label"
        WRONG=1
    else
        echo "ok $label: $(grep -c . "$T/leaks.$label") ways"
    fi
}
NAMED=("connect 127.0.0.1:@TLS tls servers {ca}" "connect 127.0.0.1:@OFF off" "listen 127.0.0.1:@LISTEN tls {server} clients {ca}")
leaks refuse null refuse "${NAMED[@]}"
leaks standard_input_tcp tcp refuse "${NAMED[@]}"
leaks standard_input_udp udp refuse "${NAMED[@]}"
leaks standard_input_listener listener refuse "${NAMED[@]}"
# What rules require TLS for is as safe where the rest is not looked at.
LEAK='^sink (tls|dialled).*SEEN|^(tls|udp sendto where TLS|made before|the same|sent to|vfork|posix_spawn|standard input, accept).*LEFT'
leaks unprotected null unprotected "${NAMED[@]}"
leaks unprotected_listener listener unprotected "${NAMED[@]}"

# --- peers that attack ---
# One thread serves all; a peer that floods it is cut off, others are served, and memory grows by a bounded amount for each peer.
gcc -O1 -o "$T/network_floods" "$ATTACKS/network_floods.c" -lssl -lcrypto
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
for mode in epoll-lt epoll-et; do
    serve "$PORT" "$T/echo_server" $mode "$PORT"
    timeout -k 5 100 python3 "$ATTACKS/network_floods.py" "$PORT" "$SERVER" "$T/network_floods" >"$T/floods" || cat "$T/server.err"
    for what in 'key-updates: cut off' 'requested-updates: cut off' 'requested-unread: cut off' 'tiny-records: served' 'half-open: served'; do expect "$mode: $what" "$what" "$T/floods"; done
    cat "$T/floods"
    expect "$mode: a line" 'protocol: the peer sent 256 KiB of records without a byte of data' "$T/server.err"
    stop_server
done
exit "$WRONG"
