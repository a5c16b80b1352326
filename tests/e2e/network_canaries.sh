#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# What a rule was asked about is what bytes go to: numbers that change their meaning, sockets that processes share, addresses that the
# kernel completes. No canary arrives in the clear. The program is programs/network_canaries.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -pthread -w -o "$T/network_canaries" "$PROGRAMS/network_canaries.c"
WAYS=$T/network_canaries

# sinks ADDRESS:PORT...: what arrives there, over TCP and UDP, goes to $T/seen.
SINKS=
sinks() {
    : >"$T/seen"
    python3 - "$T/seen" "$@" <<'PY' &
import selectors, socket, sys
seen = open(sys.argv[1], "ab", buffering=0)
selector = selectors.DefaultSelector()
for where in sys.argv[2:]:
    host, port = where.rsplit(":", 1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
        one = socket.socket(family, kind)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, int(port)))
        if kind == socket.SOCK_STREAM:
            one.listen()
        selector.register(one, selectors.EVENT_READ, kind == socket.SOCK_STREAM)
seen.write(b"ready\n")
while True:
    for key, _ in selector.select():
        if key.data:
            selector.register(key.fileobj.accept()[0], selectors.EVENT_READ, False)
            continue
        try:
            data = key.fileobj.recv(65536)
        except OSError:
            data = b""
        if data:
            seen.write(data)
        elif key.fileobj.type == socket.SOCK_STREAM:
            selector.unregister(key.fileobj)
PY
    SINKS=$!
    wait_until 20 "the sinks" grep -q ready "$T/seen"
}
stop_sinks() {
    [[ -z $SINKS ]] || kill "$SINKS" 2>/dev/null || true
    SINKS=
}
trap 'stop_sinks; stop_server KILL; [[ ${E2E_KEEP:-0} == 1 ]] || rm -rf "$T"' EXIT

nothing_seen() { # LABEL FILE
    if grep -aq CANARY "$2"; then
        echo "WRONG $1: in the clear: $(grep -a CANARY "$2" | head -n 5)"
        WRONG=1
    else
        echo "ok $1: no canary"
    fi
}

# A peer in the clear, as soon as the program accepts; the program does not wait for it when accept is refused.
start_way() { # NAME ARGUMENTS...
    setsid timeout -k 5 "$E2E_LIMIT" "$RUNTIME" --launch "--insecure-network=$RULES" "--program=$WAYS" -- network_ways "$@" \
        >"$T/out" 2>"$T/server.err" </dev/null &
    SERVER=$!
}
# shellcheck disable=SC2317  # wait_until calls it
accepting() { grep -q '^accepting' "$T/out" || ! kill -0 "$SERVER" 2>/dev/null; }
plain_peer() { # PORT
    wait_until 30 "the program to accept" accepting
    python3 - "$1" >"$T/peer" <<'PY' || true
import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
peer.sendall(b"hello in the clear")
peer.settimeout(5)
print(peer.recv(100))
PY
    wait "$SERVER" || true
    SERVER=
}

read -r TLS OFF UNUSED LISTEN Q < <(free_ports 5)

# --- a shielded connect that failed, and then listen ---
rules "default refuse" "connect 127.0.0.1:$TLS tls servers {ca}" "listen 127.0.0.1:$LISTEN tls {server} clients {ca}"
start_way relisten "$TLS" "$LISTEN"
plain_peer "$LISTEN"
expect "no listening without a rule" '^listen without bind: EACCES' "$T/out"
expect "listening by a rule" '^listen by a rule: done' "$T/out"
expect "it accepts" '^accept: done' "$T/out"
nothing_seen "a listener that was to be a client" "$T/peer"

# --- addresses that the kernel completes ---
sinks "127.0.0.1:$UNUSED"
rules "default refuse" "connect 127.0.0.1:$OFF off"
under "$WAYS" long_name "$UNUSED" >"$T/out"
for what in sendmsg sendmmsg 'sendmsg of IPv6'; do expect "an address that is too long: $what" "^$what: EACCES" "$T/out"; done
nothing_seen "an address that is too long" "$T/seen"
stop_sinks

sinks "127.0.0.1:$OFF" "127.0.0.2:$OFF" "::1:$Q" "127.0.0.1:$Q"
rules "default refuse" "connect 127.0.0.1:$OFF off" "connect 127.0.0.2:$OFF tls servers {ca}" \
    "connect [::1]:$Q off" "connect 127.0.0.1:$Q tls servers {ca}"
under "$WAYS" wildcard "$OFF" "$Q" >"$T/out" || true
expect "unbound, 0.0.0.0 is the loopback" '^connect unbound: done' "$T/out"
expect "unbound, [::] is the loopback" '^send unbound: done' "$T/out"
wait_until 20 "what may arrive" grep -aq 'allowed udp' "$T/seen"
wait_until 20 "what may arrive" grep -aq 'allowed tcp' "$T/seen"
nothing_seen "the wildcard of bound sockets" "$T/seen"
expect "a line says where it was to go" 'send datagrams to 127.0.0.2:' "$T/errors"
stop_sinks

# --- one number, twice ---
for default in refuse unprotected; do
    rules "default $default" "listen 127.0.0.1:$LISTEN tls {server} clients {ca}" "listen 127.0.0.1:$OFF off"
    serve "$LISTEN" "$WAYS" mixed "$LISTEN" "$OFF"
    echo hello | timeout 20 openssl s_client -quiet -no_ign_eof -CAfile "$CERTIFICATES/ca.pem" -cert "$CERTIFICATES/client.pem" \
        -key "$CERTIFICATES/client.key" -verify_return_error -connect "127.0.0.1:$LISTEN" >"$T/peer" 2>/dev/null || true
    plain_peer_answer=$(python3 -c 'import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
peer.settimeout(20)
peer.sendall(b"hello")
print(peer.recv(100))' "$OFF") || true
    wait "$SERVER" || true
    SERVER=
    expect "$default: a plain connection gets the number" '^the same number' "$T/server.out"
    expect "$default: and is read" '^read: done' "$T/server.out"
    expect "$default: and written" '^write: done' "$T/server.out"
    [[ $plain_peer_answer == "b'in the clear\\n'" ]] || { echo "WRONG $default: the plain peer got $plain_peer_answer"; WRONG=1; }
done

# --- one process, one table of descriptors ---
under "$WAYS" tables >"$T/out"
diff - "$T/out" <<'TEXT' || fail "tables of descriptors"
unshare alone: done
close_range alone: done
unshare in a thread: EINVAL
close_range in a thread: EINVAL
unshare alone again: done
a process that shares: EINVAL
vfork that shares: EINVAL
a thread that does not: EINVAL
TEXT
echo "ok one table of descriptors"

# --- a socket that two processes have ---
sinks "127.0.0.1:$TLS" "127.0.0.1:$OFF"
rules "default refuse" "connect 127.0.0.1:$TLS tls servers {ca}" "connect 127.0.0.1:$OFF off" "connect 127.0.0.1:$UNUSED off" \
    "listen 127.0.0.1:$LISTEN tls {server} clients {ca}"
start_way shared "$TLS" "$OFF" "$UNUSED" "$LISTEN"
plain_peer "$LISTEN"
expect "it is not dissolved" '^dissolve: EOPNOTSUPP' "$T/out"
expect "it is not connected elsewhere" '^connect again: EISCONN' "$T/out"
expect "it goes on where it was" '^write: done' "$T/out"
expect "what a child connected by a TLS rule is not written to" '^write where the child connected: E' "$T/out"
expect "what a child made listen accepts" '^accept: done' "$T/out"
grep -aq 'allowed shared' "$T/seen" || { echo "WRONG the plain connection"; WRONG=1; }
nothing_seen "connected by another process" "$T/seen"
nothing_seen "made to listen by another process" "$T/peer"
stop_sinks

# --- a wildcard listener that was there before, around a rule ---
for default in refuse unprotected; do
    rules "default $default" "listen 127.0.0.1:$LISTEN tls {server} clients {ca}"
    python3 - "$LISTEN" "$T/out" "$T/peer" "$RUNTIME" --launch "--insecure-network=$RULES" "--program=$WAYS" -- network_ways inherited <<'PY'
import socket, subprocess, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", int(sys.argv[1])))
listener.listen()
with open(sys.argv[2], "wb") as out, open(sys.argv[3], "wb") as seen:
    process = subprocess.Popen(sys.argv[4:], stdin=listener, stdout=out, stderr=subprocess.DEVNULL)
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    peer.sendall(b"hello")
    peer.shutdown(socket.SHUT_WR)
    process.wait(50)
    listener.close()
    try:
        seen.write(peer.recv(100))
    except OSError:
        pass
PY
    expect "$default: an inherited wildcard listener" '^accept: EACCES' "$T/out"
    nothing_seen "$default: an inherited wildcard listener" "$T/peer"
done
exit "$WRONG"
