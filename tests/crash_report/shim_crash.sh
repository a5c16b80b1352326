#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: when the shim itself fails, the process ends with 125 and one report that names the signal, the thread, where
# (symbolised) and the last call, and the program makes not one more step. The failure is made by overwriting a function of
# the runtime in the running process.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need_root
need nm /usr/bin/python3

# crash LABEL FUNCTION HEX SIGNAL [MODE]
crash() {
  local label=$1 function=$2 code=$3 signal=$4 mode=${5:-main} pid tid status=0
  mkfifo "$T/in" "$T/out"
  timeout -k 5 "$LIMIT" "$BIN/redoubt" run -q -- "$HELPERS/victim" "$mode" <"$T/in" >"$T/out" 2>"$T/$label.err" &
  local job=$!
  exec 3>"$T/in" 4<"$T/out"
  read -r _ pid tid <&4 || fail "$label: the program did not start"
  # Blocked in read, past everything that the first call needs.
  until [[ $(cut -d' ' -f1 "/proc/$pid/task/$tid/syscall") == 0 ]]; do :; done
  /usr/bin/python3 "$here/poke.py" "$BIN/redoubt-run" "$pid" "$function" "$code" || fail "$label: cannot damage the shim"
  echo >&3
  cat <&4 >"$T/$label.out"
  wait "$job" || status=$?
  exec 3>&- 4<&-
  rm "$T/in" "$T/out"

  [[ ! -s $T/$label.out ]] || fail "$label: the program went on"
  [[ $status == 125 ]] || fail "$label: exit status $status, expected 125"
  [[ $(grep -c 'internal error' "$T/$label.err") == 1 ]] || fail "$label: expected one report"
  grep -qE "internal error: $signal in the shim at address 0x[0-9a-f]+, thread $tid\$" "$T/$label.err" || fail "$label: no $signal in thread $tid"
  grep -qE '^redoubt:   at 0x[0-9a-f]+ redoubt::gate::interruptible\+0x' "$T/$label.err" || fail "$label: the function is not named"
  if grep -q _ZN "$T/$label.err"; then fail "$label: names are mangled"; fi
  grep -qE '^redoubt: last call of the thread: write\(1' "$T/$label.err" || fail "$label: the last call is not named"
  (($(wc -l <"$T/$label.err") < 40)) || fail "$label: the report is too long"
  echo "ok $label: $(head -n 1 "$T/$label.err")"
  rm "$T/$label.err"
}

# What performs the call that the program makes next, a write.
INTERRUPTIBLE=redoubt4gate13interruptibleE
crash invalid_instruction $INTERRUPTIBLE 0f0b SIGILL
crash null_pointer $INTERRUPTIBLE 31c08b00 SIGSEGV            # xor %eax,%eax; mov (%rax),%eax
crash non_canonical $INTERRUPTIBLE 6a015848c1e03f8b00 SIGSEGV # push $1; pop %rax; shl $63,%rax; mov (%rax),%eax
crash privileged $INTERRUPTIBLE f4 SIGSEGV                    # hlt
crash breakpoint $INTERRUPTIBLE cc SIGTRAP
crash division $INTERRUPTIBLE 31c031d2f7f0 SIGFPE             # xor %eax,%eax; xor %edx,%edx; div %eax
crash second_thread $INTERRUPTIBLE 0f0b SIGILL thread
# Uses up the shim's stack: the kernel, which finds the stack pointer outside, starts over at its top.
crash stack_overflow $INTERRUPTIBLE e8fbffffff SIGSEGV   # call to itself
