#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# Proves: sendfile to a shielded socket sends what is not in a file of the host: an injected file, a file of a volume, a code file,
# beside one of a host directory. See programs/echo_server.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc cp
gcc -O1 -pthread -o "$T/echo_server" "$PROGRAMS/echo_server.c"
mkdir "$T/host"
head -c 3000000 /dev/urandom >"$T/host/file"
head -c 200000 /dev/urandom >"$T/injected"
head -c 150000 /dev/urandom >"$T/code"
VOLUME=$T/volume
mkdir "$VOLUME"
python3 "$PROGRAMS/manifest.py" "$T/manifest" --file "$T/echo_server" --file "$(type -P cp)" --file "$T/code" --host "$T/host"
NAMESPACE=("--insecure-manifest=$T/manifest" "--insecure-inject=/etc/injected=$T/injected" "--insecure-volume=$VOLUME=$(printf '5a%.0s' {1..32})")
"$RUNTIME" --launch "${NAMESPACE[@]}" "--program=$(type -P cp)" -- cp "$T/host/file" "$VOLUME/file" 2>"$T/cp.err" || { cat "$T/cp.err"; fail "cp to the volume"; }
PROGRAM=$T/echo_server
for source in "$T/host/file=$T/host/file" "/etc/injected=$T/injected" "$VOLUME/file=$T/host/file" "$T/code=$T/code"; do
    free_port
    rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
    setsid "$RUNTIME" --launch "${NAMESPACE[@]}" "--insecure-network=$RULES" "--program=$PROGRAM" -- "$PROGRAM" sendfile "$PORT" "${source%%=*}" \
        >"$T/server.out" 2>"$T/server.err" </dev/null &
    SERVER=$!
    await_listener "$PORT" "the server"
    timeout "$E2E_LIMIT" python3 "$PROGRAMS/echo_client.py" tls sendfile "$PORT" "${source##*=}" >"$T/answer" 2>&1 || cat "$T/answer" "$T/server.err"
    what=${source%%=*}
    expect "sendfile from ${what#"$T"}" "^file $(stat -c %s "${source##*=}")\$" "$T/answer"
    stop_server
done
exit $WRONG
