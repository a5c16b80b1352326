#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# An attested start under every variable by which a host could make OpenSSL, a C library or a linker load code, read a file or
# write down keys: it names none of them in a system call, makes the same calls as without, and no key log appears. The same for unattested
# runs: tests/attack/host_environment.sh.

# shellcheck source=tests/attested/lib.sh
# shellcheck disable=SC1091
source "$(dirname "$0")/lib.sh" "$1"
need strace

D=$T/trap
mkdir "$D"
printf 'openssl_conf = s\n[s]\nengines = e\nproviders = p\n[e]\nx = y\n[y]\ndynamic_path = %s/x.so\ninit = 1\n[p]\nlegacy = l\n[l]\nactivate = 1\n' "$D" \
  >"$D/openssl.cnf"
trap_variables=(
  "OPENSSL_CONF=$D/openssl.cnf" "OPENSSL_CONF_INCLUDE=$D" "OPENSSL_ENGINES=$D" "OPENSSL_MODULES=$D" "OPENSSL_ia32cap=0:0"
  "OPENSSL_MALLOC_FAILURES=1" "OPENSSL_TRACE=TLS" "QLOGDIR=$D" "SSLKEYLOGFILE=$D/keys" "SSL_CERT_FILE=$D/ca.pem" "SSL_CERT_DIR=$D"
  "CTLOG_FILE=$D/ct" "RANDFILE=$D/random" "LD_PRELOAD=$D/x.so" "LD_LIBRARY_PATH=$D" "LD_AUDIT=$D/x.so"
  "GLIBC_TUNABLES=glibc.malloc.check=3:glibc.malloc.perturb=85:glibc.cpu.hwcaps=-AVX2_Usable" "MALLOC_PERTURB_=85" "MALLOC_TRACE=$D/mtrace"
  "GCONV_PATH=$D" "LOCPATH=$D" "LANG=xx_YY.X" "LC_ALL=xx_YY.X" "NLSPATH=$D/%N" "TZ=:$D/zone" "TZDIR=$D" "RES_OPTIONS=debug" "LOCALDOMAIN=trap.invalid"
  "HOSTALIASES=$D/hosts" "RESOLV_HOST_CONF=$D/host.conf" "HTTPS_PROXY=http://127.0.0.1:1" "https_proxy=http://127.0.0.1:1" "ALL_PROXY=http://127.0.0.1:1" "TMPDIR=$D"
)
touch "$T/before"

mapfile -t code < <(code_of true)
start_fake "${code[@]}" env=PATH=/usr/bin -- true

# Traces the runtime, from its own execve on: $T/NAME.calls. The variables reach it through env(1) and the launcher, which are
# dynamic programs and obey the linker's: those are preloaded here without effect, as there is no such library.
trace() {
  local name=$1 status=0
  shift
  strace -qq -s 4096 -o "$T/$name.trace" env -i "$@" "$LAUNCH" "$RUNTIME" "cas=$CAS" "key=$KEY" "las=$LAS" >/dev/null 2>"$T/err" </dev/null || status=$?
  sed -n "\\#^execve(\"$RUNTIME\"#,\$p" "$T/$name.trace" | tail -n +2 >"$T/$name.calls"
  if [[ $status == 0 && -s $T/$name.calls ]]; then
    ok "the run under $name variables"
  else
    fail "the run under $name variables ended with $status: $(tail -n 4 "$T/err")"
  fi
}
trace clean PATH=/usr/bin
trace trapped "${trap_variables[@]}"

# What the runtime sends to CAS is encrypted, so that the names appear nowhere at all.
if grep -aF "$D" "$T/trapped.calls" >"$T/touched"; then
  fail "a system call names the trap: $(head -n 3 "$T/touched" | cut -c 1-200)"
else
  ok "no system call names the trap"
fi
opened() { grep -oE '^(open|openat|openat2|access|faccessat2?|stat|newfstatat|readlink|readlinkat|execve|socket|connect)\([^)]*' "$1" | grep -oE '^[a-z0-9]+\(|"[^"]*"|AF_[A-Z0-9]+' | sort | uniq -c; }
if diff <(opened "$T/clean.calls") <(opened "$T/trapped.calls") >"$T/difference"; then
  ok "the same files and sockets in both environments"
else
  fail "the environment changes what is opened (< clean, > trapped):"
  sed 's/^/        /' "$T/difference"
fi
if grep -qE 'openssl|ssl/|gconv|locale|resolv|nsswitch|localtime' <(opened "$T/clean.calls"); then
  fail "a library's configuration is read: $(opened "$T/clean.calls" | grep -E 'openssl|ssl/|gconv|locale|resolv|nsswitch|localtime')"
else
  ok "no library's configuration is read"
fi
leftover=$(find "$D" -newer "$T/before" -type f ! -name openssl.cnf)
[[ -z $leftover ]] || fail "files appeared in the trap: $leftover"

((failures == 0))
