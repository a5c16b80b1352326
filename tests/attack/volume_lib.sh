# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # variables are for the scripts that source this, and come from the others
#
# What the tests about volumes of attested programs share: LAS and CAS (e2e/attested_lib.sh), a small program on a volume
# (volume_probe.c), and functions that run it to its end or talk to it.
#
#   policy NAME DIRECTORY [UPDATE-POLICY [KEY]]   a session attack/NAME with the volume `data` mounted at DIRECTORY
#   probe NAME LINE...                   runs it with these lines; $STATUS, $T/probe.out, $T/probe.err
#   expect LABEL STATUS OUT [ERR]        of the last probe; patterns of grep -E for the whole output and the errors
#   live NAME; ask LINE...; leave        one in the background ($LIVE): its answer is $ANSWER, its errors are in $T/live.err

# shellcheck source=tests/e2e/lib.sh disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/e2e/attested_lib.sh disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/attested_lib.sh"
need gcc python3
PROBE=$T/volume_probe
gcc -O2 -static -o "$PROBE" "$(dirname "${BASH_SOURCE[0]}")/volume_probe.c" || fail "volume_probe.c does not compile"
fresh_work
services_up
CODE=$(measured_code "$PROBE")

policy_text() {
    cat <<END
name: attack/$1
version: "0.3"
services:
  - name: app
    image_name: image
    command: ["$PROBE", "$2"]
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$CODE
images:
  - { name: image, volumes: [{ name: data, path: "$2", update_policy: ${3:-rollback_protected} }] }
volumes: [{ name: data${4:+, fspf_key: \"$4\"} }]
security: { attestation: { tolerate: [simulation] } }
END
}
policy() {
    policy_text "$@" >"$T/$1.yml"
    session_up "$T/$1.yml"
    mkdir -p "$2"
}

probe() {
    local session=$1
    shift
    STATUS=0
    printf '%s\n' "$@" | attested "attack/$session/app" >"$T/probe.out" 2>"$T/probe.err" || STATUS=$?
}

expect() {
    local out pattern=${3%$'\n'}
    out=$(<"$T/probe.out")
    if [[ $STATUS == "$2" && $out =~ $pattern ]] && { [[ -z ${4:-} ]] || grep -qE -- "$4" "$T/probe.err"; }; then
        echo "ok $1${4:+: $(grep -m1 -E -- "$4" "$T/probe.err" | cut -c1-230)}"
    else
        fail "$1: expected status $2, output $3${4:+, error $4}; found status $STATUS: $(<"$T/probe.out") $(<"$T/probe.err")"
    fi
}
# refused LABEL CHECK: not started; one error with what was expected, found and to do.
refused() {
    expect "$1" 125 '^$' "$2"
    [[ $(grep -c . "$T/probe.err") -le ${3:-4} ]] || fail "$1: not one clear error: $(<"$T/probe.err")"
}

live() {
    rm -f "$T/live.in"
    mkfifo "$T/live.in"
    : >"$T/live.out"
    setsid "${ENTER[@]}" "$REDOUBT" run -q --session "attack/$1/app" <"$T/live.in" >"$T/live.out" 2>"$T/live.err" &
    LIVE=$!
    E2E_PIDS+=("$LIVE")
    exec {to_live}>"$T/live.in"
}
answered() { (($(wc -l <"$T/live.out") > $1)) || process_is_gone "$LIVE"; }
ask() {
    local before
    before=$(wc -l <"$T/live.out")
    echo "$*" >&"$to_live"
    wait_until 30 "an answer to $*" answered "$before"
    (($(wc -l <"$T/live.out") > before)) || fail "no answer to $*: it has ended: $(tail -n 3 "$T/live.err")"
    ANSWER=$(tail -n 1 "$T/live.out")
}
answer() { # EXPECTED LINE...
    local expected=$1
    shift
    ask "$@"
    [[ $ANSWER =~ $expected ]] || fail "$*: expected $expected, found $ANSWER; $(tail -n 3 "$T/live.err")"
}
leave() {
    exec {to_live}>&-
    LIVE_STATUS=0
    wait "$LIVE" || LIVE_STATUS=$?
}
killed() {
    kill -KILL "$LIVE"
    wait_for_exit "$LIVE"
    exec {to_live}>&-
}
ENTER=()

cas_volume() { # SESSION FIELD: what CAS says of its volume
    "$REDOUBT" session volumes --json "attack/$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["volumes"][0][sys.argv[1]])' "$2"
}
flip() { # FILE OFFSET
    python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); b = f.read(1); f.seek(int(sys.argv[2])); f.write(bytes([b[0] ^ 1]))' "$@"
}
