#!/usr/bin/env bash
# Proves: no signal is lost, comes twice or overtakes another, whichever instruction of a call it interrupts: the program's, those of a
# rewritten call site and its way through the runtime, or the trap's.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need cc
[[ $E2E_FAKE != 1 ]] || skip "needs the runtime"

cc -O1 -o "$T/signal_steps" "$PROGRAMS/signal_steps.c"
steps() {
  status=0
  timeout 60 "$T/signal_steps" "$@" "$T/signal_steps" --target "$call" >"$T/out" 2>&1 || status=$?
  [[ $status != 77 ]] || skip "$(<"$T/out")"
  [[ $status = 0 ]] || fail "$call under '$*': $(<"$T/out")"
  echo "$call ${*:2}: $(<"$T/out")"
}
for call in unblock block swap close getppid ppoll read; do
  steps env
  steps "$REDOUBT" run -q --no-patch --
  steps "$REDOUBT" run -q --patch-after=1 --
done
