#!/usr/bin/env bash
# default: unprotected: what no rule names is in the clear, what one names is not, and a wildcard cannot go around it.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
read -r PORT plain < <(free_ports 2)
rules "default unprotected" "listen 127.0.0.1:$PORT tls {server} clients {ca}" "connect localhost:$PORT tls {client} servers {ca}"
cat >"$T/unprotected.py" <<'PY'
import os, socket, sys
ruled, plain = int(sys.argv[1]), int(sys.argv[2])
def pair(port):
    listener = socket.create_server(("127.0.0.1", port))
    if os.fork() == 0:
        link, _ = listener.accept()
        link.sendall(link.recv(5))
        link.close()
        os._exit(0)
    listener.close()
    link = socket.create_connection(("127.0.0.1", port))
    link.sendall(b"hello")
    assert link.recv(5) == b"hello"
    link.close()
    os.wait()
pair(plain)
pair(ruled)
for family, wildcard in (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"):
    try:
        socket.socket(family).bind((wildcard, ruled))
        print("bound around the rule")
    except PermissionError:
        pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", plain))
print("unprotected ok")
PY
under "$PYTHON" "$T/unprotected.py" "$PORT" "$plain" >"$T/answer" || cat "$T/errors"
expect "default: unprotected" '^unprotected ok' "$T/answer"
expect "a wildcard around a rule" 'refused to bind to 0.0.0.0:[0-9]+: it takes in more than the rule 127.0.0.1' "$T/errors"
exit $WRONG
