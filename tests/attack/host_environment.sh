#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The host chooses the environment a runtime starts in. This test sets every variable by which a C library, OpenSSL, a
# resolver or a dynamic linker can be told to load code, read a file or behave differently, each pointing into a trap
# directory or holding garbage, and demands that the runtime (1) runs the program to the same end, (2) touches nothing in
# the trap, seen by strace, and makes the same calls as without, and (3) hands the environment to the program unchanged.
# The program under (1) and (2) has no C library, so that whatever happens is the runtime's doing.
#
# Usage: host_environment.sh BUILD_DIRECTORY     Exit status: 0 passed, 1 failed, 77 skipped.

set -euo pipefail

bin=$(readlink -f "$1")/bin
runtime=$bin/redoubt-run
for tool in strace gcc; do
  command -v "$tool" >/dev/null || { echo "SKIP: $tool is not installed"; exit 77; }
done

T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-environment.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap_directory=$T/trap
mkdir "$trap_directory"

failures=0
fail() {
  echo "FAIL  $*"
  failures=$((failures + 1))
}
ok() { echo "ok    $*"; }

# A program that only writes a word and exits with 42.
cat >"$T/target.c" <<'C'
static long call3(long n, long a, long b, long c) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "0"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}
void _start(void) {
  call3(1, 1, (long)"target\n", 7);
  for (;;) call3(231, 42, 0, 0);
}
C
gcc -O1 -nostdlib -static -o "$T/target" "$T/target.c"

# A library that says who loaded it.
cat >"$T/preload.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) {
  char name[256] = "";
  FILE* who = fopen("/proc/self/exe", "r");
  if (who) fclose(who);
  if (readlink("/proc/self/exe", name, sizeof name - 1) < 0) return;
  FILE* out = fopen(getenv("TRAP_RECORD") ? getenv("TRAP_RECORD") : "/dev/null", "a");
  if (out) {
    fprintf(out, "%s\n", name);
    fclose(out);
  }
}
C
gcc -shared -fPIC -o "$trap_directory/preload.so" "$T/preload.c"
cp "$trap_directory/preload.so" "$trap_directory/libc.so.6"
printf 'openssl_conf = s\n[s]\nengines = e\n[e]\nx = y\n[y]\ndynamic_path = %s\ninit = 1\n' \
  "$trap_directory/preload.so" >"$trap_directory/openssl.cnf"
printf 'module X// INTERNAL %s/preload 1\n' "$trap_directory" >"$trap_directory/gconv-modules"

record=$T/record
: >"$record"
chmod 666 "$record"
D=$trap_directory
# What a dynamic linker would obey is set apart: the command `redoubt` is an ordinary program and obeys it too.
linker=(
  "LD_PRELOAD=$D/preload.so" "LD_LIBRARY_PATH=$D" "LD_AUDIT=$D/preload.so" "LD_ORIGIN_PATH=$D" "LD_BIND_NOW=1"
  "LD_PROFILE=libc.so.6" "LD_PROFILE_OUTPUT=$D" "LD_DEBUG=all" "LD_DEBUG_OUTPUT=$D/debug" "LD_SHOW_AUXV=1" "LD_WARN=1"
  "LD_DYNAMIC_WEAK=1" "LD_USE_LOAD_BIAS=1" "LD_HWCAP_MASK=1"
)
others=(
  "TRAP_RECORD=$record"
  "GLIBC_TUNABLES=glibc.pthread.rseq=0:glibc.malloc.perturb=85:glibc.malloc.check=3:glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=1:glibc.malloc.hugetlb=1"
  "MALLOC_ARENA_MAX=1" "MALLOC_ARENA_TEST=1" "MALLOC_CHECK_=3" "MALLOC_MMAP_MAX_=0" "MALLOC_MMAP_THRESHOLD_=1"
  "MALLOC_PERTURB_=85" "MALLOC_TOP_PAD_=123456789" "MALLOC_TRIM_THRESHOLD_=0" "MALLOC_TRACE=$D/mtrace" "MEMUSAGE_OUTPUT=$D/mu"
  "OPENSSL_CONF=$D/openssl.cnf" "OPENSSL_ENGINES=$D" "OPENSSL_MODULES=$D" "OPENSSL_CONF_INCLUDE=$D" "OPENSSL_ia32cap=0:0"
  "SSL_CERT_FILE=$D/certificates.pem" "SSL_CERT_DIR=$D" "SSLKEYLOGFILE=$D/keys" "RANDFILE=$D/random" "CTLOG_FILE=$D/ct"
  "GCONV_PATH=$D" "LOCPATH=$D" "LANG=xx_YY.X" "LC_ALL=xx_YY.X" "LC_CTYPE=xx_YY.X" "LC_MESSAGES=xx_YY.X" "LANGUAGE=xx:yy"
  "NLSPATH=$D/%N" "OUTPUT_CHARSET=X" "CHARSET=X" "TEXTDOMAINDIR=$D"
  "RES_OPTIONS=debug ndots:15" "LOCALDOMAIN=trap.invalid" "HOSTALIASES=$D/hosts" "RESOLV_HOST_CONF=$D/host.conf"
  "CARES_HOSTS=$D/hosts" "NSS_WRAPPER_HOSTS=$D/hosts" "NIS_PATH=$D"
  "TZ=:$D/zone" "TZDIR=$D" "TMPDIR=$D" "GETCONF_DIR=$D" "GMON_OUT_PREFIX=$D/gmon" "LIBC_FATAL_STDERR_=1" "POSIXLY_CORRECT=1"
  "POSIX_ME_HARDER=1" "COREFILE=$D/core" "XDG_CONFIG_HOME=$D" "HOME=$D" "PATH=/usr/local/bin:/usr/bin:/bin"
)
plain=(env -i "PATH=/usr/local/bin:/usr/bin:/bin")
trapped=(env -i "${linker[@]}" "${others[@]}")
launch=("$runtime" --launch "--program=$T/target" -- target)

# --- 1: the same end ---

run_case() {  # NAME EXPECTED-OUTPUT COMMAND...
  local name=$1 expected=$2 output status=0
  shift 2
  output=$("$@" 2>"$T/stderr") || status=$?
  if [[ $status == 42 && $output == "$expected" ]]; then
    ok "$name"
  else
    fail "$name: expected \"$expected\" and status 42, found \"$output\" and $status; standard error:"
    sed 's/^/        /' "$T/stderr"
  fi
}
run_case "clean environment" target "${plain[@]}" "${launch[@]}"
# env(1) itself is dynamic and would obey the linker's variables, but sets them only for the program it becomes.
run_case "trapped environment" target "${trapped[@]}" "${launch[@]}"
run_case "through redoubt run" target env -i "${others[@]}" "LD_LIBRARY_PATH=$D/nothing" "$bin/redoubt" run -q -- "$T/target"
if [[ -s $record ]]; then
  fail "code from the trap was loaded into: $(sort -u "$record" | tr '\n' ' ')"
else
  ok "no code from the trap was loaded"
fi

# --- 2: the same calls, and none into the trap ---

trace() {  # NAME ENVIRONMENT-COMMAND...: traces the runtime; leaves $T/NAME.calls
  local name=$1
  shift
  # strace starts the runtime through env(1); the trace begins at the runtime's own execve.
  strace -f -qq -s 4096 -o "$T/$name.trace" "$@" "${launch[@]}" >/dev/null 2>"$T/stderr" || true
  # First the pid goes, then all before the runtime's execve.
  sed -E 's/^[0-9]+ +//' "$T/$name.trace" | sed -n "\\#^execve(\"$runtime\"#,\$p" | tail -n +2 >"$T/$name.calls"
  if [[ ! -s $T/$name.calls ]]; then
    fail "strace saw no call of the runtime ($name)"
    sed 's/^/        /' "$T/stderr"
  fi
}
# Names of the calls that a variable could add, drop or change.
summary() {
  grep -oE '^(open|openat|openat2|access|faccessat2?|stat|lstat|newfstatat|statx|readlink|readlinkat|getcwd|rseq|socket|connect|memfd_create|clone|clone3|vfork|fork|execve|execveat|brk)\(' "$1" |
    sort | uniq -c || true
}
trace clean "${plain[@]}"
trace trapped "${trapped[@]}"
if grep -aF "$D" "$T/trapped.calls" >"$T/touched"; then
  fail "the runtime named the trap in a system call:"
  head -n 10 "$T/touched" | sed 's/^/        /'
else
  ok "no system call names the trap"
fi
if diff <(summary "$T/clean.calls") <(summary "$T/trapped.calls") >"$T/difference"; then
  ok "the same calls in both environments"
else
  fail "the environment changes which calls the runtime makes (< clean, > trapped):"
  sed 's/^/        /' "$T/difference"
fi

# --- 3: the program's environment is its own ---

if diff <(env -i "${others[@]}" /usr/bin/env | sort) \
  <(env -i "${others[@]}" "$runtime" --launch --program=/usr/bin/env -- env 2>/dev/null | sort) >"$T/difference"; then
  ok "the program gets the environment unchanged"
else
  fail "the program's environment differs (< native, > protected):"
  head -n 10 "$T/difference" | sed 's/^/        /'
fi

leftover=$(find "$D" -newer "$record" -type f ! -name '*.so*' ! -name openssl.cnf ! -name gconv-modules)
if [[ -n $leftover ]]; then fail "files appeared in the trap: $leftover"; fi

((failures == 0))
