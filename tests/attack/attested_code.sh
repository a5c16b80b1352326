#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# An attested program whose files are not what its session says gets nothing: its binary, its libc, the loader's cache, a script or
# its interpreter swapped, removed, or exchanged for another file of the session. Each time no secret arrives, the exit status is
# 120, the error and the audit log name the file. While it runs: a file that is swapped later is refused when it is opened.
# shellcheck source=../e2e/lib.sh disable=SC1091
source "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=../e2e/attested_lib.sh disable=SC1091
source "$(dirname "$0")/../e2e/attested_lib.sh"
need gcc python3 redis-server
services_up
fresh_work

SECRET=$(canary)
APP=$T/app
mkdir "$APP"

# --- a program with a loader, a libc and a script of its own, so that they can really be swapped ---
LOADER=$(readlink -f /lib64/ld-linux-x86-64.so.2)
LIBC=$(ldd /bin/true | awk '$1 == "libc.so.6" { print $3 }')
cp "$LOADER" "$APP/ld.so"
cp "$LIBC" "$APP/libc.so.6"
cat >"$T/shell.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char** argv) {
    printf("secret %s\n", argc > 1 ? argv[1] : "-");
    for (int i = 2; i < argc; i++) {  // "interpreter": shows the first line of each file
        char line[200] = "";
        FILE* file = fopen(argv[i], "r");
        if (!file || !fgets(line, sizeof line, file)) { perror(argv[i]); return 3; }
        printf("read %s", line);
    }
    if (getenv("WAIT")) { fflush(stdout); getchar(); FILE* late = fopen(getenv("WAIT"), "r"); if (!late) { perror("late"); return 4; } puts("late opened"); }
    return 0;
}
END
gcc -O1 -o "$APP/shell" "$T/shell.c" -Wl,--dynamic-linker="$APP/ld.so" -Wl,-rpath,"$APP" -Wl,--disable-new-dtags
echo "first line" >"$APP/data.txt"
echo "another first line" >"$APP/other.txt"

entry() { printf '      "%s": %s\n' "$1" "$(sha256sum "$1" | cut -d' ' -f1)"; }
write_session() {  # NAME COMMAND CODE
    cat >"$T/session.yml" <<END
name: attack/$1
version: "0.3"
services:
  - name: app
    command: $2
    environment: { SECRET: "\$\$SCONE::secret\$\$"$4 }
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$3
secrets: [{ name: secret, kind: ascii, value: "$SECRET" }]
security: { attestation: { tolerate: [simulation] } }
END
    session_up "$T/session.yml"
}
CODE=$(for file in "$APP"/*; do entry "$file"; done; entry /etc/ld.so.cache)
write_session program "[$APP/shell, \"\$\$SCONE::secret\$\$\", $APP/data.txt]" "$CODE" ""
write_session late "[$APP/shell, \"\$\$SCONE::secret\$\$\"]" "$CODE" ", WAIT: $APP/data.txt"

STATUS=0
try() {
    STATUS=0
    attested "$1" </dev/null >"$T/out" 2>"$T/err" || STATUS=$?
}
# refused WHAT FILE: the last run got nothing, and everybody who should knows why.
refused() {
    [[ $STATUS == 120 ]] || fail "$1: expected exit status 120, found $STATUS: $(cat "$T/out" "$T/err")"
    [[ ! -s $T/out ]] || fail "$1: the program ran: $(<"$T/out")"
    grep -qF -- "$2" "$T/err" || fail "$1: the error does not name $2: $(<"$T/err")"
    tail -n 1 "$CAS_DATA/audit.log" | grep -F code.refused | grep -qF -- "$2" ||
        fail "$1: the audit log does not name $2: $(tail -n 1 "$CAS_DATA/audit.log")"
    grep -qF -- "$SECRET" "$T/out" "$T/err" "$CAS_DATA/audit.log" && fail "$1: the secret came out"
    echo "ok $1: refused, and the audit log says why"
}
works() {
    try attack/program/app
    { [[ $STATUS == 0 ]] && grep -qF "secret $SECRET" "$T/out" && grep -q "read first line" "$T/out"; } || fail "$1: status $STATUS: $(cat "$T/out" "$T/err")"
}
works "the untouched program"
echo "ok the untouched program gets its secret"

for file in shell libc.so.6 ld.so data.txt; do
    cp "$APP/$file" "$T/kept"
    case $file in
        data.txt) echo "first line, changed" >"$APP/$file" ;;
        *) printf '\0' | dd of="$APP/$file" bs=1 seek=$(($(stat -c %s "$APP/$file") - 1)) conv=notrunc status=none; printf 'x' >>"$APP/$file" ;;
    esac
    try attack/program/app
    refused "$file changed" "$APP/$file"
    cp "$T/kept" "$APP/$file"

    rm "$APP/$file"
    try attack/program/app
    refused "$file removed" "$APP/$file"
    cp -p "$T/kept" "$APP/$file"

    : >"$APP/$file"
    try attack/program/app
    refused "$file emptied" "$APP/$file"
    cp "$T/kept" "$APP/$file"
done
chmod 755 "$APP/shell" "$APP/ld.so"

# Another file of the same session in its place: every file has its own hash, not one of a set.
cp "$APP/data.txt" "$T/kept"
cp "$APP/other.txt" "$APP/data.txt"
try attack/program/app
refused "data.txt exchanged for another file of the session" "$APP/data.txt"
cp "$T/kept" "$APP/data.txt"
rm "$APP/data.txt"; ln -s other.txt "$APP/data.txt"
try attack/program/app
refused "data.txt a link to another file of the session" "$APP/data.txt"
rm "$APP/data.txt"; cp "$T/kept" "$APP/data.txt"
rm "$APP/data.txt"; mkfifo "$APP/data.txt"
try attack/program/app
refused "data.txt a FIFO" "$APP/data.txt"
rm "$APP/data.txt"; cp "$T/kept" "$APP/data.txt"
works "the program put back"

# --- the system's own redis-server, libc and cache cannot be swapped here, so the session names other bytes for them ---
measured_code redis-server >"$T/redis.code"
REDIS=$(readlink -f "$(type -P redis-server)")
for path in "$REDIS" "$(readlink -f "$LIBC")" /etc/ld.so.cache; do
    grep -qF -- "$path" "$T/redis.code" || fail "measure redis-server does not list $path"
    name=$(basename "$path" | tr -c 'a-z0-9\n' -)
    write_session "$name" "[redis-server, --requirepass, \"\$\$SCONE::secret\$\$\"]" \
        "$(awk -v path="$path" 'index($0, path "\":") || index($0, path ":") { sub(/[0-9a-f]{64}/, sprintf("%064d", 7)) } { print }' "$T/redis.code")" ", PATH: /usr/bin"
    try "attack/$name/app"
    refused "$path is not what the session names" "$path"
done

# --- swapped while the program runs ---
(cd "$WORK" && exec setsid "$REDOUBT" run -q --session attack/late/app) < <(wait_until 20 "the swap" test -e "$T/swapped"; echo go) >"$T/late.out" 2>"$T/late.err" &
SERVER_PID=$!
E2E_PIDS+=("$SERVER_PID")
wait_until 20 "the program to run" line_or_death "$SECRET" "$T/late.out" "$SERVER_PID"
cp "$APP/other.txt" "$APP/data.txt"
touch "$T/swapped"
wait_for_exit "$SERVER_PID"
{ [[ $SERVER_STATUS == 4 ]] && grep -q 'late: Input/output error' "$T/late.err"; } || fail "a file swapped after the start was opened: status $SERVER_STATUS, $(cat "$T/late.out" "$T/late.err")"
grep -qF "$APP/data.txt" "$T/late.err" || fail "nothing says which file: $(<"$T/late.err")"
echo "ok a file swapped after the start: EIO, and a line that names it"
