# shellcheck shell=bash disable=SC2034  # variables are for the scripts that source this
# What every script of tests/e2e shares: run one workload natively and protected, demand equal output and exit status, and
# prove from the shim's statistics that the protected calls really went through it.
#
# A script sources this file, says with `need` what it wants of the machine, and then uses either
#   both LABEL COMMAND...            for a program that runs to its end, or
#   both_workloads LABEL FUNCTION    for a server with a client; FUNCTION gets the mode and prints a transcript.
# Modes are `native` and `protected`. Each run starts in an empty $WORK, which has the same path in both modes, with the
# same small environment. A script ends with `expect_calls PROGRAM` for each program (image) that must have been intercepted.
#
# Environment: REDOUBT (the command line tool), E2E_CACHE (where built test programs are kept), E2E_KEEP=1 (keep the
# temporary directory), E2E_FAKE=1 (REDOUBT is a stand-in that only execs: no proof is asked; for work on the scripts),
# E2E_RUN_OPTIONS (more options for `redoubt run`, as --patch-after=1), E2E_STATS=0 (no statistics, hence no proof: patched
# calls that need nothing of the shim then take their shortest way).
# Exit status: 0 equal and proved, 77 skipped or a part left out (the reason is printed), anything else failed.

set -euo pipefail

E2E_NAME=$(basename "$0" .sh)
E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROGRAMS=$E2E_DIR/programs
E2E_FAKE=${E2E_FAKE:-0}
E2E_STATS=${E2E_STATS:-1}
E2E_LIMIT=${E2E_LIMIT:-60}  # seconds for one run of one program

# Rust's and others' launchers look for their files below the caller's HOME, so `as_caller` gives that back to them.
E2E_CALLER_HOME=${HOME:-/}
E2E_CALLER_PATH=$PATH

fail() {
    echo "FAIL $E2E_NAME: $*" >&2
    exit 1
}

skip() {
    echo "SKIP $E2E_NAME: $*"
    exit 77
}

# left_out WHAT: a part that this machine cannot run. The script goes on, and is shown as skipped when all else has passed.
LEFT_OUT=0
left_out() {
    echo "left out: $*"
    LEFT_OUT=1
}

# --- set-up ------------------------------------------------------------------------------------------------------------

REDOUBT=$(realpath -m -- "${REDOUBT:-$E2E_DIR/../../build/bin/redoubt}")
[[ -x $REDOUBT ]] || fail "$REDOUBT is not there: build it, or set REDOUBT"
E2E_CACHE=$(realpath -m -- "${E2E_CACHE:-$E2E_DIR/../../build/tests/e2e/cache}")

T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-e2e.$E2E_NAME.XXXXXX")
WORK=$T/work
STATS=$T/stats.jsonl
: >"$STATS"
mkdir "$T/home"

clean_environment() {
    local name
    for name in $(compgen -e); do
        case $name in REDOUBT | E2E_*) export -n "${name?}" ;; *) unset "$name" ;; esac
    done
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    export HOME=$T/home LC_ALL=C.UTF-8 TZ=UTC TERM=dumb PWD
}
clean_environment
umask 022

# The caller's stray descriptors must not reach the programs. Bash reads this script through 255.
close_inherited() {
    local fd
    for fd in "/proc/$$/fd/"*; do
        fd=${fd##*/}
        if ((fd > 2 && fd != 255)); then
            eval "exec $fd>&-"
        fi
    done
}
close_inherited

as_caller() {
    HOME=$E2E_CALLER_HOME PATH=$E2E_CALLER_PATH "$@"
}

# need TOOL...: skips the script unless every tool is installed.
need() {
    local tool
    for tool in "$@"; do
        type -P "$tool" >/dev/null || skip "$tool is not installed"
    done
}

# Started servers, each the leader of its own session, so that its workers can be ended with it and nothing else is.
E2E_PIDS=()

# A function that undoes what a script did. A trap of its own would end it with the status of what it undoes.
AT_EXIT=
cleanup() {
    local status=$? pid file
    trap - EXIT
    [[ -z $AT_EXIT ]] || "$AT_EXIT" || true
    [[ $status != 0 || $LEFT_OUT == 0 ]] || status=77
    for pid in "${E2E_PIDS[@]}"; do
        kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [[ $status != 0 && $status != 77 ]]; then
        for file in "$T"/*.err; do
            if [[ -s $file ]]; then
                echo "--- end of ${file##*/}"
                tail -n 20 "$file"
            fi
        done >&2
        echo "FAIL $E2E_NAME: exit status $status" >&2
    fi
    if [[ ${E2E_KEEP:-} == 1 ]]; then
        echo "kept $T" >&2
    else
        rm -rf "$T"
    fi
    exit "$status"
}
trap cleanup EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# --- running -----------------------------------------------------------------------------------------------------------

# launcher MODE: sets LAUNCH to the words that go before a program in this mode.
launcher() {
    case $1 in
        native) LAUNCH=() ;;
        protected)
            # shellcheck disable=SC2206  # words, as the shell splits them
            LAUNCH=("$REDOUBT" run -q ${E2E_RUN_OPTIONS:-} --)
            [[ $E2E_STATS == 0 ]] || LAUNCH=("${LAUNCH[@]::3}" --stats-output "$STATS" "${LAUNCH[@]:3}")
            ;;
        *) fail "unknown mode $1" ;;
    esac
}

# fresh_work: $WORK is an empty directory; a script may replace `populate` to put its input there.
populate() { :; }
fresh_work() {
    rm -rf "$WORK"
    mkdir "$WORK"
    populate
}

# run MODE LABEL COMMAND...: runs it to its end in a fresh $WORK; leaves $T/LABEL.MODE.{out,err,status,seconds}.
# Standard input is $E2E_STDIN, a file. With E2E_MERGE=1 what goes to standard error is compared too.
run() {
    local mode=$1 label=$2 status=0 begin
    shift 2
    launcher "$mode"
    fresh_work
    begin=$EPOCHREALTIME
    (cd "$WORK" && exec timeout -k 5 "$E2E_LIMIT" "${LAUNCH[@]}" "$@") \
        <"${E2E_STDIN:-/dev/null}" >"$T/$label.$mode.out" 2>"$T/$label.$mode.err" || status=$?
    [[ ${E2E_MERGE:-0} == 0 ]] || cat "$T/$label.$mode.err" >>"$T/$label.$mode.out"
    seconds_since "$begin" >"$T/$label.$mode.seconds"
    echo "$status" >"$T/$label.$mode.status"
}
run_native() { run native "$@"; }
run_protected() { run protected "$@"; }

seconds_since() {
    awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", to - from }'
}

# compare LABEL [STATUS]: both runs ended with STATUS (default 0) and, after `normalise`, printed the same.
# A script replaces `normalise` (a filter) only where output must differ: process ids, times.
normalise() { cat; }
compare() {
    local label=$1 expected=${2:-0} mode status
    for mode in native protected; do
        normalise <"$T/$label.$mode.out" >"$T/$label.$mode.normal"
        status=$(<"$T/$label.$mode.status")
        if [[ $status != "$expected" ]]; then
            tail -n 20 "$T/$label.$mode.out" >&2
            fail "$label: $mode exit status is $status, expected $expected"
        fi
    done
    [[ -s $T/$label.native.normal ]] || fail "$label: the native run printed nothing, so it compares nothing"
    diff -u --label native --label protected "$T/$label.native.normal" "$T/$label.protected.normal" >&2 ||
        fail "$label: protected output differs from native output"
    echo "ok $label (native $(<"$T/$label.native.seconds") s, protected $(<"$T/$label.protected.seconds") s)"
}

# both LABEL COMMAND...
both() {
    run native "$@"
    run protected "$@"
    compare "$1" "${E2E_STATUS:-0}"
}

# both_workloads LABEL FUNCTION [ARGUMENTS...]: FUNCTION MODE ARGUMENTS... prints what a client saw. It runs in this
# shell, so that what it starts is cleaned up.
both_workloads() {
    local label=$1 mode begin
    shift
    for mode in native protected; do
        fresh_work
        begin=$EPOCHREALTIME
        "$1" "$mode" "${@:2}" >"$T/$label.$mode.out"
        seconds_since "$begin" >"$T/$label.$mode.seconds"
        echo 0 >"$T/$label.$mode.status"
    done
    compare "$label"
}

# --- servers -----------------------------------------------------------------------------------------------------------

# wait_until SECONDS WHAT COMMAND...: polls the condition; fails the script when it does not come true in time.
wait_until() {
    local limit=$1 what=$2 begin=$SECONDS
    shift 2
    until "$@"; do
        ((SECONDS - begin <= limit)) || fail "waited $limit s for $what"
        sleep 0.02
    done
}

# start_server MODE COMMAND...: in the background, in $WORK; its process id is then $SERVER_PID.
start_server() {
    local mode=$1
    shift
    launcher "$mode"
    (cd "$WORK" && exec setsid "${LAUNCH[@]}" "$@") </dev/null >>"$T/server.$mode.log.err" 2>&1 &
    SERVER_PID=$!
    E2E_PIDS+=("$SERVER_PID")
}

# A zombie counts as gone: an orphan's may stay where process 1 reaps nobody.
process_is_gone() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    [[ ${stat##*) } == Z* ]]
}

# wait_for_exit PID [SECONDS]: its exit status is then $SERVER_STATUS.
wait_for_exit() {
    local pid=$1 kept=() other
    wait_until "${2:-20}" "process $pid to end" process_is_gone "$pid"
    SERVER_STATUS=0
    { wait "$pid"; } 2>/dev/null || SERVER_STATUS=$?  # without the shell's own word about a signal
    for other in "${E2E_PIDS[@]}"; do
        [[ $other == "$pid" ]] || kept+=("$other")
    done
    E2E_PIDS=("${kept[@]}")
}

# stop_server SIGNAL PID
stop_server() {
    kill -s "$1" "$2"
    wait_for_exit "$2"
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port: sets PORT to one on 127.0.0.1 that nobody listens on, below the range of ephemeral ports.
free_port() {
    local try
    for try in {1..100}; do
        PORT=$((20000 + (RANDOM + $$ + try) % 12000))
        port_answers "$PORT" || return 0
    done
    fail "no free port found"
}

server_answers_or_died() { port_answers "$1" || process_is_gone "$2"; }

# wait_for_port PORT PID [SECONDS]: until the server PID listens there.
wait_for_port() {
    wait_until "${3:-20}" "port $1" server_answers_or_died "$1" "$2"
    process_is_gone "$2" && fail "the server on port $1 ended before it listened"
    return 0
}

# --- proof -------------------------------------------------------------------------------------------------------------

# expect_calls PROGRAM [COUNT]: at least COUNT (default 1) processes ran this program under the shim and made calls there.
# A process writes its line when it exits (not when a signal kills it), as one JSON object with "program" and "calls".
expect_calls() {
    local wanted count=${2:-1} found=0 calls=0 line
    [[ $E2E_FAKE == 1 || $E2E_STATS == 0 ]] && return 0
    wanted=$(realpath -m -- "$(type -P -- "$1" || echo "$1")")
    while IFS= read -r line; do
        [[ $line =~ \"program\":\ *\"([^\"]*)\" ]] || fail "a line of statistics names no program: $line"
        [[ $(realpath -m -- "${BASH_REMATCH[1]}") == "$wanted" ]] || continue
        [[ $line =~ \"calls\":\ *([0-9]+) ]] || fail "a line of statistics has no calls: $line"
        ((BASH_REMATCH[1] > 0)) || fail "$1 made no call under the shim: $line"
        calls=$((calls + BASH_REMATCH[1]))
        found=$((found + 1))
    done <"$STATS"
    ((found >= count)) || {
        sed -E 's/.*"program": *"([^"]*)".*/\1/' "$STATS" | sort | uniq -c >&2
        fail "$found processes of $wanted have statistics, expected at least $count"
    }
    echo "ok $1: $calls calls through the shim in $found process(es)"
}
