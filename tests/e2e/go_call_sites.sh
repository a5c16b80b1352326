#!/usr/bin/env bash
# Proves: the call sites of Go programs are rewritten, however they are linked (static, position-independent, with C, both), and calls go
# on as natively under preemption, profiling, growing stacks and children, whether a site is rewritten at its first trap or later.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need go

export CGO_ENABLED=0 GOFLAGS=-mod=mod GO111MODULE=on GOTOOLCHAIN=local GOPROXY=off
export GOCACHE=$E2E_CACHE/go/cache GOPATH=$E2E_CACHE/go/path
mkdir -p "$E2E_CACHE/go" "$T/with_c"
cp "$PROGRAMS/go_calls/"* "$T/with_c"
printf 'package main\n\nimport "C"\n' >"$T/with_c/c.go"

count_in() { grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

# sites LABEL SOURCE OPTIONS...
sites() {
    local label=$1 source=$2 program=$E2E_CACHE/go/calls_$1 line calls traps
    shift 2
    (cd "$source" && go build -o "$program" "$@" .) 2>"$T/build.err"
    E2E_STATS=0 both "$label" "$program"
    E2E_STATS=0 E2E_RUN_OPTIONS=--patch-after=1 both "$label.first" "$program"
    run protected "$label" "$program"
    compare "$label"
    [[ $E2E_FAKE != 1 && $E2E_STATS != 0 ]] || return 0
    line=$(grep -F "\"program\":\"$program\"" "$STATS" | tail -n 1)
    calls=$(count_in calls <<<"$line") traps=$(count_in traps <<<"$line")
    ((calls > 100000)) || fail "$label: $calls calls, expected more"
    ((traps * 20 < calls)) || fail "$label: $traps of $calls calls trapped"
    echo "ok $label: $traps of $calls calls trapped, $(count_in patched_sites <<<"$line") sites rewritten"
}

sites static "$PROGRAMS/go_calls"
sites position_independent "$PROGRAMS/go_calls" -buildmode=pie
if type -P cc >/dev/null; then
    export CGO_ENABLED=1
    sites with_c "$T/with_c"
    sites with_c_position_independent "$T/with_c" -buildmode=pie
else
    left_out "programs with C: cc is not installed"
fi
