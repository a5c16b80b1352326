#!/usr/bin/env bash
# shellcheck disable=SC2016  # for an inner shell to expand
# Proves: where the limit on locked memory leaves no room for the keys of one more connection, that connection ends with a line, the
# program goes on, and others are served. Without CAP_IPC_LOCK, which root has: the server runs as another user.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc setpriv
((EUID == 0)) || skip "needs root, to start a server as a user with a limit"
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
chmod 755 "$T"
chmod -R a+rX "$CERTIFICATES" "$RULES"
: >"$STATS"
chmod a+w "$STATS"
setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all bash -c 'ulimit -l "$1"; shift; exec setsid "$@"' - "${LOCKED:-4096}" \
    "$RUNTIME" --launch --stats "--stats-output=$STATS" "--insecure-network=$RULES" "--program=$T/echo_server" -- "$T/echo_server" epoll-lt "$PORT" \
    >"$T/server.out" 2>"$T/server.err" </dev/null &
SERVER=$!
await_listener "$PORT" "the server"
cat >"$T/many.py" <<'PY'
import os, socket, ssl, sys
certificates = os.environ["CERTIFICATES"]
context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
context.load_cert_chain(f"{certificates}/client.pem", f"{certificates}/client.key")
links, refused = [], 0
def echo(link):
    link.sendall(b"hello")
    return link.recv(5) == b"hello"
for _ in range(900):
    try:
        link = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30), server_hostname="localhost")
        assert echo(link)
        links.append(link)
    except (OSError, AssertionError):
        refused += 1
        if refused == 5:
            break
print("refused", refused)
assert links and all(echo(link) for link in links)
print("served", len(links))
for link in links[:50]:
    link.unwrap().close()
assert echo(links[60])
for _ in range(10):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30), server_hostname="localhost") as link:
        assert echo(link)
print("room again")
PY
timeout "$E2E_LIMIT" python3 "$T/many.py" "$PORT" >"$T/answer" || cat "$T/server.err"
cat "$T/answer"
expect "connections without memory end" '^refused 5$' "$T/answer"
expect "the others go on" '^served' "$T/answer"
expect "room again" '^room again$' "$T/answer"
expect "a line about memory" 'TLS connection.*limit on locked memory' "$T/server.err"
expect "a line for the peer" 'network: refused .*no memory for the connection' "$T/server.err"
exit $WRONG
