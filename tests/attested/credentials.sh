#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A program that changes its user stays closed to core files and debuggers: the kernel then sets PR_SET_DUMPABLE to fs.suid_dumpable, which
# many systems have at 2 for their crash handlers, and the runtime sets it back.

# shellcheck source=tests/attested/lib.sh
# shellcheck disable=SC1091
source "$(dirname "$0")/lib.sh" "$1"
need strace
need setpriv
[[ $(id -u) == 0 ]] || { echo "SKIP: only root may change its user"; exit 77; }

mapfile -t code < <(code_of setpriv true)
start_fake "${code[@]}" env=PATH=/usr/bin -- setpriv --reuid=65534 --regid=65534 --clear-groups true
STATUS=0
strace -f -qq -e trace=execve,prctl,setresuid,setresgid -o "$T/calls" \
  "$LAUNCH" "$RUNTIME" "cas=$CAS" "key=$KEY" "las=$LAS" >"$T/out" 2>"$T/err" </dev/null || STATUS=$?
expect "a run that changes its user" 0 ''
for call in setresuid setresgid; do
  # What follows a successful change: the next line of the same process.
  if grep -E -A1 "$call\(.*= 0$" "$T/calls" | tail -n 1 | grep -qE 'prctl\(PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)\) += 0'; then
    ok "closed again after $call"
  else
    fail "not closed after $call: $(grep -E -A1 "$call" "$T/calls" | tail -n 3)"
  fi
done
((failures == 0))
