#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a program of an attested run gets, and what its host sees of it: arguments, environment and files arrive, in children
# too; the kernel's copies of arguments and environment, and what is left in the process's memory, hold none of them.

# shellcheck source=tests/attested/lib.sh
# shellcheck disable=SC1091
source "$(dirname "$0")/lib.sh" "$1"
need python3
here=$(dirname "$0")

canary() { echo "canary-$1-$RANDOM$RANDOM$RANDOM"; }
argument=$(canary argument) variable=$(canary variable) content=$(canary content)
token=$(canary token) password=$(canary password) from_host=$(canary host)

mapfile -t code < <(code_of bash cat env ls readlink)
service=("${code[@]}" env=PATH=/usr/bin:/bin "env=SECRET=$variable" "file=/etc/app/app.conf=$content" pwd=/etc/app)

# --- what arrives ---

# shellcheck disable=SC2016  # for the program to expand
start_fake "${service[@]}" -- bash -c 'echo "$0 $1 $SECRET"; cat app.conf; echo; pwd; exit 7' name "$argument"
attested "key=$KEY"
expect "arguments" 7 "^name $argument $variable\$"
expect "an injected file, by a relative path" 7 "^$content\$"
expect "the working directory" 7 '^/etc/app$'

start_fake "${service[@]}" -- env
HOST_CANARY=$from_host LD_LIBRARY_PATH=$T REDOUBT_RESUME=0 attested
sort "$T/out" >"$T/environment"
if diff "$T/environment" <(printf '%s\n' "PATH=/usr/bin:/bin" "SECRET=$variable" | sort); then
  ok "exactly the environment of the session"
else
  fail "the program's environment is not the session's"
fi
grep -qx "variable HOST_CANARY=$from_host" "$T/seen" || fail "CAS did not get the host's environment"
if grep -q 'variable REDOUBT_' "$T/seen"; then fail "CAS got variables of Redoubt's own"; fi

"$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" "password=$password" "token=$token" -- one "two words" >/dev/null 2>&1
grep -qx 'argument two words' "$T/seen" || fail "CAS did not get the request's arguments"
grep -q "password=$password token=$token debug=0" "$T/seen" || fail "CAS did not get password and token"

attested trace trace_output="$T/trace"
grep -q 'debug=1' "$T/seen" || fail "a traced run was not marked as one that can be observed"
attested trace trace_output="$T/filtered" trace_filter=openat
if grep -q ' openat(' "$T/filtered" && ! grep -v ' openat(' "$T/filtered"; then ok "only what the filter asks for is traced"; else fail "another trace than the filter asks for"; fi
attested trace trace_filter=read,opneat
expect "a filter that means nothing" 125 '' '--trace-filter has a word that means nothing'

# --- children, by fork and by exec, are in the same run ---

# shellcheck disable=SC2016
start_fake "${service[@]}" -- bash -c '(cat app.conf; echo " forked"); env -i /usr/bin/bash -c "/usr/bin/cat app.conf; echo \" executed\""
  cat /etc/passwd; bash -c "exec cat /etc/shadow"; cat <(echo from a pipe); echo done'
attested
expect "a forked child has the file" 0 "^$content forked\$"
expect "an executed child has the file, with an environment of its own" 0 "^$content executed\$"
expect "pipes and children" 0 '^from a pipe$'
for file in passwd shadow; do
  grep -qE "/etc/$file: No such file" "$T/err" || fail "/etc/$file of the host is there for children"
done

# --- what the host sees ---

mkfifo "$T/input" "$T/ready"
# shellcheck disable=SC2016
start_fake "${service[@]}" -- bash -c 'echo $$; bash -c "echo \$\$; read -r line" inner "$0"; true' "$argument"
"$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" "password=$password" "token=$token" <"$T/input" >"$T/ready" 2>"$T/err" &
run=$!
exec {input}>"$T/input" {ready}<"$T/ready"
read -r outer <&"$ready"
read -r inner <&"$ready"
for process in "$outer" "$inner"; do
  for view in cmdline environ comm status stat; do
    tr '\0' '\n' <"/proc/$process/$view" >"$T/view"
    if grep -qE "canary-(argument|variable|content|token|password)" "$T/view"; then
      fail "/proc/$process/$view shows a secret"
    fi
  done
done
[[ $(cat "/proc/$outer/comm") == bash ]] || fail "the process is not named after its program"
# fake_cas, which stands for somebody else's machine, was given the secrets as arguments.
ps -ww -e -o pid=,args= >"$T/ps"
grep -v -e fake_cas "$T/ps" >"$T/ps.others"
if grep -E "canary-(argument|variable|content|token|password)" "$T/ps.others" >"$T/shown"; then
  fail "ps shows a secret: $(cat "$T/shown")"
else
  ok "ps, cmdline, environ, comm"
fi
grep -q '^Max core file size *0 *0 ' "/proc/$inner/limits" || fail "core files are possible"

python3 "$here/scan_memory.py" "$outer" "$variable" "$token" "$password" "$content" >"$T/memory"
grep -qx "$variable found" "$T/memory" || fail "the scan does not see what is in the program's environment"
for word in "$token" "$password" "$content"; do
  grep -qx "$word none" "$T/memory" || fail "$word is in memory that root reads"
done
grep -qE 'sealed [1-9]' "$T/memory" || fail "no sealed memory: $(tail -n 1 "$T/memory")"
ok "memory: $(tail -n 1 "$T/memory")"
echo >&"$input"
wait "$run" || fail "the run ended with $?: $(cat "$T/err")"
exec {input}>&- {ready}<&-

# --- what a launcher leaves behind or plants ---

start_fake "${service[@]}" -- bash -c 'echo /proc/self/fd/*; ulimit -c'
attested 5</dev/null 9</dev/null 77</dev/null
expect "inherited descriptors are closed" 0 '^/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2( /proc/self/fd/3)?$'
expect "no core files" 0 '^0$'
REDOUBT_RESUME=5 attested 5<"$RUNTIME"
expect "REDOUBT_RESUME does not make an attested start another" 0 '/proc/self/fd'

start_fake "${service[@]}" discard -- bash -c 'echo visible; echo visible >&2; readlink /proc/self/fd/1'
attested
if [[ $STATUS == 0 && ! -s $T/out && ! -s $T/err ]]; then ok "stdio: discard"; else fail "stdio: discard: $(cat "$T/out" "$T/err")"; fi

mkdir "$T/host"
echo 'value: @@' >"$T/host/template.conf"
start_fake "${service[@]}" "directory=$T/host" "template=$T/host/template.conf" -- cat "$T/host/template.conf"
attested
expect "a template from disk" 0 '^value: filled$'

start_fake "${service[@]}" "directory=$T/host" "pwd=$T/host" -- bash -c 'pwd'
attested
expect "working directory below a host directory" 0 "^$T/host\$"

start_fake "${service[@]}" -- nowhere
attested
expect "a program that is not there" 127 '' 'nowhere'
start_fake "${service[@]}" -- /etc/ld.so.cache
attested
expect "a file that is no program" 126 '' 'ld.so.cache'

# --- as another user, with the limit on locked memory that users have ---

if [[ $(id -u) == 0 ]] && command -v setpriv >/dev/null; then
  chmod 755 "$T" "$T/host"
  start_fake "${service[@]}" -- bash -c 'cat app.conf; (cat app.conf); bash -c "cat app.conf"; echo /proc/self/fd/*'
  chmod 777 "$LAS"
  user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  status=0
  (ulimit -l 8192; "${user[@]}" "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" >"$T/out" 2>"$T/err") || status=$?
  STATUS=$status
  expect "as a user, with 8 MiB of locked memory" 0 "^$content$content$content"
  [[ $(grep -o 'debug=[01]' "$T/seen" | tail -n 1) == debug=0 ]] || fail "the evidence of a sealed run says DEBUG"
  status=0
  (ulimit -l 64; "${user[@]}" "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" >"$T/out" 2>"$T/err") || status=$?
  STATUS=$status
  expect "with too little locked memory" 125 '' 'memory.sealed'
  grep -q 'ulimit -l' "$T/err" || fail "it does not say what to do"
  status=0
  (ulimit -l 0; "${user[@]}" "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" unsealed >"$T/out" 2>"$T/err") || status=$?
  STATUS=$status
  expect "with none, and --insecure-unsealed-keys" 0 "^$content$content$content"
  [[ $(grep -o 'debug=[01]' "$T/seen" | tail -n 1) == debug=1 ]] || fail "the evidence of a run with unsealed keys does not say DEBUG"
fi

# --- a program that makes itself open to debuggers, and starts children in the ways of posix_spawn and vfork ---

if [[ $(id -u) == 0 ]] && command -v gcc >/dev/null && command -v setpriv >/dev/null; then
  cat >"$T/spawner.c" <<'C'
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  char* argv[] = {"cat", "/etc/app/app.conf", 0};
  char* envp[] = {0};
  pid_t child;
  if (prctl(PR_SET_DUMPABLE, 1) != 0 || prctl(PR_GET_DUMPABLE) != 1 || prctl(PR_SET_DUMPABLE, 2) != -1) return 1;
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0) return 2;
  if (posix_spawn(&child, "/usr/bin/cat", 0, 0, argv, envp) != 0 || waitpid(child, 0, 0) != child) return 3;
  child = vfork();
  if (child == 0) {
    execve("/usr/bin/cat", argv, envp);
    _exit(1);
  }
  if (waitpid(child, 0, 0) != child) return 4;
  printf(" %d\n", (int)getpid());
  fflush(stdout);
  return getchar() == 'x' ? 0 : 5;
}
C
  gcc -O1 -o "$T/spawner" "$T/spawner.c"
  mapfile -t spawner < <(code_of "$T/spawner")
  start_fake "${service[@]}" "${spawner[@]}" -- "$T/spawner"
  chmod 777 "$LAS"
  setpriv --reuid 65534 --regid 65534 --clear-groups "$LAUNCH" "$RUNTIME" "cas=$CAS" "las=$LAS" <"$T/input" >"$T/ready" 2>"$T/err" &
  run=$!
  exec {input}>"$T/input" {ready}<"$T/ready"
  read -r line <&"$ready" || true
  if [[ $line =~ ^"$content$content "([0-9]+)$ && $(stat -c %u "/proc/${BASH_REMATCH[1]}/mem") == 0 ]]; then
    ok "posix_spawn, vfork; closed to the same user's debugger whatever it says"
  else
    fail "posix_spawn, vfork, PR_SET_DUMPABLE: found \"$line\": $(cat "$T/err")"
  fi
  printf x >&"$input"
  wait "$run" || fail "the spawning program ended with $?"
  exec {input}>&- {ready}<&-
fi

((failures == 0))
