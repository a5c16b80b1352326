#!/usr/bin/env bash
# Who may use a TLS connection: its process, under every number of it; after fork the first; never a spawned or exec'd program.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
serve "$PORT" "$PYTHON" "$PROGRAMS/owner.py" "$PORT"
mkfifo "$T/go"
timeout "$E2E_LIMIT" python3 "$PROGRAMS/owner_client.py" "$PORT" <"$T/go" >"$T/client" &
client=$!
exec 5>"$T/go"
until grep -q "nothing to read" "$T/server.out" || ! kill -0 "$SERVER" 2>/dev/null; do read -rt 0.1 <> <(:) || true; done
echo >&5
wait "$client" || cat "$T/server.err"
wait "$SERVER" || cat "$T/server.err"
SERVER=
cat >"$T/expected" <<'TEXT'
first b'hello'
child: Input/output error
spawned: Input/output error
nothing to read []
then b'again'
after exec b'12345'
end b''
TEXT
diff "$T/expected" "$T/server.out" || fail "the server's side"
printf "%s\n" "b'parent sent dup'" "b''" "b'second' b''" | diff - "$T/client" || fail "the client's side"
expect "a line for each use that failed" 'TLS connection of descriptor .* another process' "$T/server.err"
[[ $(grep -c 'another process' "$T/server.err") == 2 ]] || fail "two lines"
exit $WRONG
