#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt run` with a session, against a stand-in for the runtime that prints what it was given: the launch request
# (src/wire/launch_request.h), its seals, arguments, environment and descriptors; and every command line that is refused.
#
# Usage: attested_launch.sh BUILD_DIRECTORY

set -euo pipefail

T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-attested-launch.XXXXXX")
trap 'rm -rf "$T"' EXIT
mkdir "$T/bin" "$T/work" "$T/home"
cp "$(readlink -f "$1")/bin/redoubt" "$T/bin/redoubt"
cat >"$T/bin/redoubt-run" <<'PY'
#!/usr/bin/python3
import fcntl, json, os, struct, sys
option, *arguments = sys.argv[1:]
if not option.startswith("--attested="):
    print("[%s]" % "][".join(sys.argv[1:]))
    sys.exit(0)
fd = int(option.removeprefix("--attested="))
data = os.read(fd, 1 << 20)
position = 0
def number(form, size):
    global position
    position += size
    return struct.unpack("<" + form, data[position - size:position])[0]
def text():
    global position
    size = number("I", 4)
    position += size
    return data[position - size:position].decode()
def flag():
    return bool(number("B", 1))
request = {name: text() for name in ("session", "service", "otp", "token")}
request["cas"] = [text() for _ in range(number("I", 4))]
request.update({name: text() for name in ("key", "las")})
request.update({name: flag() for name in ("unsealed", "quiet", "trace", "stats", "chooses_patching")})
request["patch_after"] = number("B", 1)
request.update({name: text() for name in ("trace_output", "stats_output", "trace_filter")})
assert position == len(data)
print(json.dumps({
    **request,
    "arguments": arguments,
    "argv": open("/proc/self/cmdline", "rb").read().decode(),
    "environment": sorted(name for name in os.environ if name.startswith(("REDOUBT", "SCONE")) or name == "MINE"),
    "seals": fcntl.fcntl(fd, 1034),
    "inherited": os.path.exists("/proc/self/fd/77"),
}))
PY
chmod 755 "$T/bin/redoubt-run"
redoubt=$T/bin/redoubt
cd "$T/work"
for name in $(compgen -e); do
  case $name in REDOUBT_* | SCONE_* | XDG_*) unset "$name" ;; esac
done
export HOME=$T/home LC_ALL=C.UTF-8

failures=0
expect() {  # NAME STATUS OUTPUT-PATTERN ERROR-PATTERN COMMAND... (patterns are globs over all of the stream)
  local name=$1 wanted=$2 output_pattern=$3 error_pattern=$4 status=0 output error
  shift 4
  output=$("$@" 2>"$T/error") || status=$?
  error=$(<"$T/error")
  # shellcheck disable=SC2053  # the patterns are meant as patterns
  if [[ $status == "$wanted" && $output == $output_pattern && $error == $error_pattern ]]; then
    echo "ok    $name"
  else
    echo "FAIL  $name: expected status $wanted, output $output_pattern, error $error_pattern"
    printf '      found %s, "%s", "%s"\n' "$status" "$output" "$error"
    failures=$((failures + 1))
  fi
}

given() {  # NAME PYTHON-CONDITION COMMAND...: what the runtime was given, as r
  local name=$1 condition=$2
  shift 2
  if "$@" 2>"$T/error" | python3 -c "import json,sys; r = json.load(sys.stdin); ok = bool($condition); ok or print(r); sys.exit(not ok)"; then
    echo "ok    $name"
  else
    echo "FAIL  $name: expected $condition"
    cat "$T/error"
    failures=$((failures + 1))
  fi
}

key=$(printf 'ab%.0s' {1..32})

given "session and service" 'r["session"] == "shop/cache" and r["service"] == "redis" and r["otp"] == r["token"] == ""' \
  "$redoubt" run -q --session shop/cache/redis
given "defaults" 'r["cas"] == ["127.0.0.1:18765"] and r["key"] == "" and r["las"].startswith("/") and not r["unsealed"] and r["arguments"] == ["--"]' \
  "$redoubt" run -q --session s/x
given "the variable, with a password and a token" \
  'r["session"] == "a/b" and r["service"] == "c" and r["otp"] == "123/4@5" and r["token"] == "tok en" and r["environment"] == ["MINE"] and "123" not in r["argv"] and "tok" not in r["argv"]' \
  env REDOUBT_CONFIG_ID=a/b/c@123/4@5 SCONE_CONFIG_ID=x/y "REDOUBT_SERVICE_ACCESS_TOKEN=tok en" MINE=1 REDOUBT_RESUME=3 "$redoubt" run -q
given "SCONE's variables" 'r["session"] == "x" and r["service"] == "y" and r["cas"] == ["127.0.0.2:9"] and r["las"] == "/x.sock"' \
  env SCONE_CONFIG_ID=x/y SCONE_CAS_ADDR=127.0.0.2:9 SCONE_LAS_ADDR=/x.sock "$redoubt" run -q
given "the option counts before the variable" 'r["session"] == "s" and r["otp"] == "" and r["key"] == "'"$key"'" and r["cas"] == ["[::1]:8"]' \
  env REDOUBT_CONFIG_ID=x/y@1 REDOUBT_CAS_ADDR=127.0.0.2 REDOUBT_CAS_KEY=12 "$redoubt" run -q --session s/x --cas-key "${key^^}" --cas '[::1]:8'
given "variables for CAS and LAS" 'r["cas"] == ["127.0.0.2:18765"] and r["key"] == "'"$key"'" and r["las"] == "'"$T"'/work/l.sock"' \
  env REDOUBT_CAS_ADDR=127.0.0.2 REDOUBT_CAS_KEY="$key" REDOUBT_LAS_ADDR=l.sock "$redoubt" run -q --session s/x
given "names are resolved" '"127.0.0.1:5" in r["cas"] or "[::1]:5" in r["cas"]' "$redoubt" run -q --session s/x --cas localhost:5
given "host arguments" 'r["arguments"] == ["--", "-q", "--", "", "run"]' "$redoubt" run -q --session s/x -- -q -- '' run
given "the request cannot be changed, descriptors stay" 'r["seals"] == 15 and r["inherited"]' \
  bash -c "exec 77</dev/null; exec '$redoubt' run -q --session s/x"
given "switches" 'r["unsealed"] and r["trace"] and r["stats"] and not r["quiet"] and r["trace_output"] == "'"$T"'/work/t" and r["stats_output"] == "/s" and r["trace_filter"] == "read,!fd=3"' \
  "$redoubt" run --session s/x --insecure-unsealed-keys --trace-output t --stats-output /s --trace-filter 'read,!fd=3'
given "when sites are rewritten" 'r["chooses_patching"] and r["patch_after"] == 7' "$redoubt" run -q --session s/x --patch-after=7
given "sites are never rewritten" 'r["chooses_patching"] and r["patch_after"] == 0' "$redoubt" run -q --session s/x --no-patch
given "the runtime chooses when" 'not r["chooses_patching"]' "$redoubt" run -q --session s/x
mkdir -p "$T/home/.config/redoubt"
echo "127.0.0.1:18765 $key" >"$T/home/.config/redoubt/known_cas"
given "the pinned key" 'r["key"] == "'"$key"'"' "$redoubt" run -q --session s/x
given "no home directory" 'r["key"] == ""' env -u HOME "$redoubt" run -q --session s/x

expect "the notice" 0 '*' '*attested run of s/x*127.0.0.1:18765*arguments, environment*protected*disk*where named*volumes of the session*network*where named*NOT protected*SIMULATED*' \
  "$redoubt" run --session s/x
expect "an unknown CAS is said" 0 '*' '*key of this CAS is not known*cas attest 127.0.0.9:18765*' "$redoubt" run --session s/x --cas 127.0.0.9
expect "insecure switches are said" 0 '*' '*--trace*DEBUG*--insecure-unsealed-keys*' "$redoubt" run --session s/x --trace --insecure-unsealed-keys
expect "an LAS address that is no path" 0 '*' '*SCONE_LAS_ADDR is no path*' env SCONE_LAS_ADDR=localhost:18766 "$redoubt" run --session s/x
expect "quiet" 0 '*' '' env SCONE_LAS_ADDR=localhost:18766 "$redoubt" run -q --session s/x

expect "session and program" 2 '' '*no program*"ls"*command decides*' "$redoubt" run --session s/x ls
expect "variable and program" 2 '' '*no program*"ls"*unset REDOUBT_CONFIG_ID*' env REDOUBT_CONFIG_ID=s/x "$redoubt" run ls
expect "unknown option" 2 '' '*--bogus*' "$redoubt" run --session s/x --bogus
expect "no service" 2 '' '*REDOUBT_CONFIG_ID*SESSION/SERVICE*has no*' env REDOUBT_CONFIG_ID=s "$redoubt" run
expect "malformed session" 2 '' '*no name of a session*' "$redoubt" run --session 'a//b/c'
expect "malformed service" 2 '' '*SCONE_CONFIG_ID*no name of a service*' env 'SCONE_CONFIG_ID=a/b c@77' "$redoubt" run
expect "a password in an argument" 2 '' '*REDOUBT_CONFIG_ID=SESSION/SERVICE@PASSWORD*' "$redoubt" run --session s/x@123
expect "no such host" 3 '' '*resolved*no-such-host.invalid*' "$redoubt" run --session s/x --cas no-such-host.invalid
expect "malformed address" 2 '' '*HOST:PORT*' "$redoubt" run --session s/x --cas 1:2:3
expect "malformed key" 2 '' '*--cas-key*64 hex*' "$redoubt" run --session s/x --cas-key 12
expect "malformed key in the variable" 2 '' '*REDOUBT_CAS_KEY*64 hex*' env REDOUBT_CAS_KEY=xyz "$redoubt" run --session s/x
expect "LAS is a path" 2 '' '*unix socket*--las*' "$redoubt" run --session s/x --las localhost:18766
expect "LAS fits an address" 2 '' '*at most 107*' "$redoubt" run --session s/x --las "/$(printf 'l%.0s' {1..120})"
expect "a manifest is for unattested runs" 2 '' '*unattested*' "$redoubt" run --session s/x --insecure-manifest m
expect "which pass it on" 0 "\[--launch\]\[--insecure-manifest=$T/work/m\]\[--program=*\]\[--\]\[ls\]" '' "$redoubt" run -q --insecure-manifest m ls
rm "$T/bin/redoubt-run"
expect "no runtime" 125 '' '*redoubt-run*' "$redoubt" run --session s/x

((failures == 0))
