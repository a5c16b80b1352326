# shellcheck shell=bash disable=SC2034,SC2154  # variables are for the scripts that source this, and come from lib.sh
# What the scripts about attested runs share: a simulated platform, LAS and CAS on loopback, with fresh keys, in $T, and the
# commands against them. Sourced after lib.sh.
#
#   services_up                     everything; afterwards the commands below work
#   session_up FILE                 creates the session and checks that CAS took it
#   attested SESSION/SERVICE ARG... runs it; `start_attested` in the background ($SERVER_PID)
#   measured_code PROGRAM ARG...    the closure of a program, indented for a service's `code:` (four blanks)
#   canary                          a fresh random text that is nowhere yet

BIN=$(dirname "$REDOUBT")
LAS_SOCKET=$T/las.sock
CAS_DATA=$T/cas
SIMULATED=$T/simulated
export XDG_CONFIG_HOME=$T/config

# What each services_up makes: $CAS_ADDRESS, $CAS_KEY, $CAS_PID, $LAS_PID, $MRENCLAVE.
services_up() {
    "$REDOUBT" simulate create "$SIMULATED" >"$T/simulate.err" 2>&1 || fail "simulate create"
    las_up
    cas_up --simulated-root "$SIMULATED/root.pem" --collateral "$SIMULATED/collateral.json"
    MRENCLAVE=$("$REDOUBT" self show --json | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["mrenclave"])')
}

line_in() { grep -q -- "$1" "$2" 2>/dev/null; }
line_or_death() { line_in "$1" "$2" || process_is_gone "$3"; }

las_up() {
    setsid "$BIN/redoubt-las" --socket "$LAS_SOCKET" --simulated "$SIMULATED" >"$T/las.out" 2>"$T/las.err" </dev/null &
    LAS_PID=$!
    E2E_PIDS+=("$LAS_PID")
    wait_until 10 "LAS to listen" line_or_death 'listening' "$T/las.out" "$LAS_PID"
    line_in listening "$T/las.out" || fail "LAS ended: $(tail -n 3 "$T/las.err")"
    export REDOUBT_LAS_ADDR=$LAS_SOCKET
}

# cas_up OPTION...: on a port of its own; $CAS_DATA is kept from one start to the next.
cas_up() {
    setsid "$BIN/redoubt-cas" --data "$CAS_DATA" --listen 127.0.0.1:0 "$@" >"$T/cas.out" 2>>"$T/cas.err" </dev/null &
    CAS_PID=$!
    E2E_PIDS+=("$CAS_PID")
    wait_until 10 "CAS to listen" line_or_death '^ready' "$T/cas.out" "$CAS_PID"
    line_in '^ready' "$T/cas.out" || fail "CAS ended: $(tail -n 3 "$T/cas.err")"
    CAS_ADDRESS=$(grep -o '127\.0\.0\.1:[0-9]*' "$T/cas.out" | head -n 1)
    CAS_KEY=$(grep -oE '\b[0-9a-f]{64}\b' "$T/cas.out" | head -n 1)
    export REDOUBT_CAS_ADDR=$CAS_ADDRESS REDOUBT_CAS_KEY=$CAS_KEY
}

cas_down() {
    kill -TERM "$CAS_PID"
    wait_for_exit "$CAS_PID"
}

session_up() {
    "$REDOUBT" session create "$1" >"$T/session.out" 2>"$T/session.err" || fail "session create $1: $(cat "$T/session.out" "$T/session.err")"
}

attested() {
    local session=$1
    shift
    timeout -k 5 "$E2E_LIMIT" "$REDOUBT" run -q --session "$session" -- "$@"
}

start_attested() {
    local session=$1
    shift
    (cd "$WORK" && exec setsid "$REDOUBT" run -q --session "$session" -- "$@") </dev/null >"$T/attested.out" 2>"$T/attested.err" &
    SERVER_PID=$!
    E2E_PIDS+=("$SERVER_PID")
}

measured_code() {
    "$REDOUBT" measure "$@" >"$T/measure.yml" 2>"$T/measure.err" || fail "measure $*: $(tail -n 3 "$T/measure.err")"
    grep -E '^ +"?/' "$T/measure.yml" | sed -E 's/^ +/      /'
}

canary() { printf 'canary%s' "$(od -An -N 12 -tx1 /dev/urandom | tr -d ' \n')"; }
