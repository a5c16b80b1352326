#!/usr/bin/env bash
# Proves: keys of the shim are not in signal frames. While a signal comes every 300 microseconds into threads that write a volume and a
# TLS connection, root searches the process's memory for every round key, and finds in frames only what the program itself had in registers.
# shellcheck source=tests/e2e/network_lib.sh disable=SC1091
source "$(dirname "$0")/../e2e/network_lib.sh"
need gcc python3
[[ $(id -u) == 0 ]] || skip "whoever looks must be root"
HERE=$(dirname "$(realpath "$0")")
gcc -O2 -pthread -o "$T/signal_frames" "$HERE/programs/signal_frames.c"
VOLUME=$T/volume
mkdir "$VOLUME"
KEY=$(python3 -c 'import os; print(os.urandom(32).hex())')
python3 "$PROGRAMS/manifest.py" "$T/manifest" --file "$T/signal_frames"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
STATUS=0
timeout "$E2E_LIMIT" python3 -B "$HERE/signal_frames.py" "$VOLUME" "$KEY" "$PORT" "$CERTIFICATES" 4 \
    "$RUNTIME" --launch "--insecure-manifest=$T/manifest" "--insecure-volume=$VOLUME=$KEY" "--insecure-network=$RULES" \
    "--program=$T/signal_frames" -- signal_frames "$VOLUME/file" "$PORT" 4 >"$T/found" 2>"$T/errors" </dev/null || STATUS=$?
cat "$T/found"
[[ $STATUS == 0 ]] || { cat "$T/errors"; fail "a key was found, or the search failed"; }
