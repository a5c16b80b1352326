# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For the tests of the attested start: a fake CAS and LAS, and runs against them. Sourced with the build directory as $1.

set -euo pipefail

BUILD=$(readlink -f "$1")
RUNTIME=$BUILD/bin/redoubt-run
FAKE=$BUILD/tests/tools/fake_cas
LAUNCH=$BUILD/tests/tools/launch_attested
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-attested.XXXXXX")
FAKE_PID=
failures=0

stop_fake() {
  [[ -z $FAKE_PID ]] || { exec {to_fake}>&-; wait "$FAKE_PID" || true; FAKE_PID=; }
}
cleanup() {
  stop_fake
  rm -rf "$T"
}
trap cleanup EXIT

fail() {
  echo "FAIL  $*"
  failures=$((failures + 1))
}
ok() { echo "ok    $*"; }
need() {
  command -v "$1" >/dev/null || { echo "SKIP: $1 is not installed"; exit 77; }
}

# The files a dynamic program consists of, as arguments for fake_cas.
code_of() {
  local program
  for program in "$@"; do
    echo "code=$(type -P "$program")"
    ldd "$(type -P "$program")" 2>/dev/null | grep -oE '/[^ ]+' | sed 's/^/code=/' || true
  done | sort -u
  echo code=/etc/ld.so.cache
}

# Starts fake_cas with the arguments; sets CAS, KEY and LAS. What it sees is in $T/seen.
start_fake() {
  stop_fake
  LAS=$T/las.$RANDOM$RANDOM
  rm -f "$T/to_fake" "$T/seen"
  mkfifo "$T/to_fake"
  : >"$T/seen"
  "$FAKE" "$LAS" "$@" <"$T/to_fake" >"$T/seen" 2>"$T/fake.stderr" &
  FAKE_PID=$!
  exec {to_fake}>"$T/to_fake"
  local line=
  # Waits for the line that says it listens.
  line=$(tail -n +1 -f --pid="$FAKE_PID" "$T/seen" | head -n 1) || true
  [[ -n $line ]] || { echo "fake_cas did not start: $(cat "$T/fake.stderr")"; exit 1; }
  CAS=${line%% *}
  KEY=${line##* }
}

# An attested run: arguments of launch_attested. Sets STATUS; output in $T/out and $T/err.
attested() {
  STATUS=0
  "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" "$@" >"$T/out" 2>"$T/err" </dev/null || STATUS=$?
}

expect() {  # NAME STATUS OUTPUT-PATTERN [ERROR-PATTERN]
  if [[ $STATUS == "$2" ]] && { [[ -z $3 ]] || grep -qE -- "$3" "$T/out"; } && { [[ -z ${4-} ]] || grep -qE -- "$4" "$T/err"; }; then
    ok "$1"
  else
    fail "$1: expected status $2, output $3${4:+, error $4}; found status $STATUS"
    sed 's/^/        out: /' "$T/out"
    sed 's/^/        err: /' "$T/err"
  fi
}
