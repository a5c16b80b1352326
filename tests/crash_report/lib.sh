# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts of this folder share. They get BIN (the folder of redoubt and redoubt-run) and HELPERS (the folder of the
# programs of this one) from the environment. T is a folder that goes when the script ends.
set -euo pipefail
: "${BIN:?}" "${HELPERS:?}"
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-crash.XXXXXX")
trap 'rm -rf "$T"' EXIT
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export here
LIMIT=60

# What the harness left open is not part of any test; 255 is bash's own, and closed on exec.
for open in "/proc/$$/fd/"*; do
  ((${open##*/} <= 2 || ${open##*/} == 255)) || eval "exec ${open##*/}>&-"
done

fail() {
  echo "FAILED: $*" >&2
  for file in "$T"/*.out "$T"/*.err; do
    [[ ! -s $file ]] || { echo "--- ${file##*/}" >&2; head -c 4000 "$file" >&2; }
  done
  exit 1
}
skip() { echo "skipped: $*"; exit 77; }
need_root() { [[ $EUID == 0 ]] || skip "needs root"; }
need() { for tool; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done; }

# run LABEL COMMAND...: sets STATUS; output is in $T/LABEL.out and .err.
run() {
  local label=$1
  shift
  STATUS=0
  timeout -k 5 "$LIMIT" "$@" </dev/null >"$T/$label.out" 2>"$T/$label.err" || STATUS=$?
}

# one_clear_error LABEL STATUS PATTERN: the last `run` ended with STATUS, and said one line, which matches.
one_clear_error() {
  [[ $STATUS == "$2" ]] || fail "$1: exit status $STATUS, expected $2"
  [[ $(wc -l <"$T/$1.err") == 1 ]] || fail "$1: expected one line on standard error"
  grep -qiE -- "$3" "$T/$1.err" || fail "$1: the message does not say '$3'"
  [[ ! -s $T/$1.out ]] || fail "$1: wrote to standard output"
  echo "ok $1: $(<"$T/$1.err")"
  rm "$T/$1.err"
}
