#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# When the shim itself fails in an attested run, its report names the last call, and nothing of what the program handed to it; in a traced
# run, whose evidence says that it can be observed, it has the arguments. The failure is made by overwriting a function of the runtime.

# shellcheck source=tests/attested/lib.sh
# shellcheck disable=SC1091
source "$(dirname "$0")/lib.sh" "$1"
need python3
need nm
[[ $(id -u) == 0 ]] || { echo "SKIP: only root may write into the process"; exit 77; }
poke=$(dirname "$0")/../crash_report/poke.py
canary=canary-$RANDOM$RANDOM

mapfile -t code < <(code_of bash)
# shellcheck disable=SC2016  # for the program to expand
start_fake "${code[@]}" env=PATH=/usr/bin -- bash -c 'echo $$; read -r; echo "$1"' bash "$canary"

crash() {  # OPTIONS of launch_attested
  STATUS=0
  mkfifo "$T/in" "$T/ready"
  "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" "$@" <"$T/in" >"$T/ready" 2>"$T/err" &
  local run=$! pid
  exec {in}>"$T/in" {ready}<"$T/ready"
  read -r pid <&"$ready"
  until [[ $(cut -d' ' -f1 "/proc/$pid/syscall") == 0 ]]; do :; done
  python3 "$poke" "$RUNTIME" "$pid" redoubt4gate13interruptibleE 0f0b || fail "cannot damage the shim"
  echo >&"$in"
  wait "$run" || STATUS=$?
  exec {in}>&- {ready}<&-
  rm "$T/in" "$T/ready"
  : >"$T/out"
}

crash
expect "the report names the last call" 125 '' '^redoubt: last call of the thread: (write|read)$'
if grep -q "$canary" "$T/err"; then fail "the report shows what the program wrote"; else ok "the report shows nothing of the program's"; fi
crash trace "trace_output=$T/trace"
expect "the report of a traced run has the arguments" 125 '' 'last call of the thread: (write|read)\('
((failures == 0))
