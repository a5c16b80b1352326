#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: on a kernel without Syscall User Dispatch `redoubt run` says so in one line and ends with 125 before the program has
# run, and `redoubt doctor` fails and names it.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"

run run "$HELPERS/deny_dispatch" "$BIN/redoubt" run -q -- /bin/echo started
[[ $STATUS != 77 ]] || skip "no seccomp filter here"
one_clear_error run 125 'Syscall User Dispatch.*5\.11'

run doctor "$HELPERS/deny_dispatch" "$BIN/redoubt" doctor
[[ $STATUS == 1 ]] || fail "doctor: exit status $STATUS, expected 1"
grep -qE '^ *fail.*syscall-dispatch|syscall-dispatch.*fail' "$T/doctor.out" || fail "doctor: does not name syscall-dispatch"
echo "ok doctor: $(grep syscall-dispatch "$T/doctor.out")"
