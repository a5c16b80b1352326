#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: without /proc the runtime and `redoubt run` say that it is missing and end with 125.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need_root
need unshare mount
unshare -m true 2>/dev/null || skip "no private mount namespace here"

# An empty file system over /proc, seen by this one command only.
hidden() { unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "$@"; }
export -f hidden

run runtime bash -c 'hidden "$@"' bash "$BIN/redoubt-run" --launch --program=/bin/echo -- echo started
one_clear_error runtime 125 '/proc'
run command bash -c 'hidden "$@"' bash "$BIN/redoubt" run -q -- /bin/echo started
[[ $STATUS == 125 ]] || fail "command: exit status $STATUS, expected 125"
grep -q /proc "$T/command.err" || fail "command: /proc is not named"
[[ ! -s $T/command.out ]] || fail "command: the program ran"
run doctor bash -c 'hidden "$@"' bash "$BIN/redoubt" doctor
[[ $STATUS == 1 ]] || fail "doctor: exit status $STATUS, expected 1"
echo "ok command: $(head -n 1 "$T/command.err")"
