#!/usr/bin/env bash
# Proves: README's "Secrets before main" and "Volumes from outside" can be pasted as they stand: they do what README says, and stop at
# the line that fails. What stands under "Quick start" is tried in quickstart.sh. Ports and the socket of LAS are other ones here.
# shellcheck source=lib.sh disable=SC1091,SC2016  # backquotes are Markdown
source "$(dirname "$0")/lib.sh"
need redis-server redis-cli openssl python3
[[ $E2E_FAKE != 1 ]] || skip "needs CAS and LAS"
[[ $(id -u) == 0 ]] || skip "LAS looks at other users' processes: needs root"
README=$(cd "$E2E_DIR/../.." && pwd)/README.md
PATH=$(dirname "$REDOUBT"):$PATH
export PATH REDOUBT_LAS_ADDR=$T/las.sock
free_port
CAS=$PORT
free_port
REDIS=$PORT
export REDOUBT_CAS_ADDR=127.0.0.1:$CAS
unset SCONE_CAS_ADDR REDOUBT_CAS_KEY REDOUBT_IDENTITY XDG_DATA_HOME XDG_CONFIG_HOME

# block HEADING: the first lines to be pasted below it.
block() {
    sed -n "/^## $1\$/,/^## /p" "$README" | sed -n '/^```sh$/,/^```$/p' | sed '/^```/d' |
        sed "s#18765#$CAS#g; s#\"7000\"#\"$REDIS\"#; s#las start#las start --socket $T/las.sock#; s#cas start#cas start --listen 127.0.0.1:$CAS#"
}
secrets=$(block "Secrets before main")
volumes=$(block "Volumes from outside")
[[ $(grep -c . <<<"$secrets") -ge 20 && $(grep -c . <<<"$volumes") -ge 8 ]] || fail "README has no lines to paste"
says=$(sed -n 's/^ *\$ \(redis-cli -p 7000 .*\)/\1/p' "$README")
[[ $says == *'session value demo password'* ]] || fail "README does not say how to ask Redis"
says=${says//7000/$REDIS}
ends=$(sed -n 's/.*`\(jobs -p | xargs kill\)`.*/\1/p' "$README")
[[ -n $ends ]] || fail "README does not say how to end it"

paste() { # HOME LINES...: as a shell in which they are pasted one after the other, each whatever became of the one before
    local home=$1
    shift
    mkdir "$home"
    (cd "$T" && HOME=$home exec setsid bash -c "$(printf '%s\n' "$@")") >"$T/out" 2>"$T/paste.err" </dev/null &
    E2E_PIDS+=("$!")
    wait "$!"
}
wait_for_redis="until (: </dev/tcp/127.0.0.1/$REDIS) 2>/dev/null; do kill -0 \$! || exit 9; sleep 0.1; done"

paste "$T/first" "$secrets" "$wait_for_redis" "$says" "$volumes" "$ends" wait || true
grep -qx OK "$T/out" || fail "README's Redis: $(<"$T/out") $(tail -n 5 "$T/paste.err")"
echo "ok secrets before main"
grep -qx hello "$T/out" || fail "volume cat: $(<"$T/out")"
grep -q '^intact: 1 file' "$T/out" || fail "volume verify: $(<"$T/out")"
grep -q '^tag ' "$T/out" || fail "volume stat: $(<"$T/out")"
[[ $(<"$T/first/redoubt-try/restored/greeting") == hello ]] || fail "volume get: $(ls -R "$T/first/redoubt-try")"
[[ $(stat -c %a "$T/first/redoubt-try/volume.key") == 600 ]] || fail "everybody can read the key of README's volume"
echo "ok volumes from outside"

# They stop where something fails, and nothing after it is done.
paste "$T/second" "${secrets//measure -q redis-server/measure -q no-such-program}" "$ends" || true
grep -q no-such-program "$T/paste.err" || fail "README's lines do not say what is missing: $(<"$T/paste.err")"
[[ -d $T/second/redoubt-try/platform && ! -e $T/second/redoubt-try/redis.yml ]] || fail "README's lines made a session of nothing"
! grep -q created "$T/out" "$T/paste.err" || fail "README's lines went on: $(<"$T/out")"
echo "ok they stop where measure fails"
mkdir "$T/third" && : >"$T/third/redoubt-try"
(cd "$T" && HOME=$T/third bash -c "$secrets") >"$T/out" 2>&1 </dev/null && fail "README's lines go on without their directory"
[[ ! -e $T/platform && ! -e $T/redis.yml ]] || fail "README's lines made files where they should not"
echo "ok they stop without their directory"
paste "$T/fourth" "cd $T/fourth" "${volumes//volume create/volume creates}" || true
[[ $(grep -c '^redoubt: ' "$T/paste.err") == 1 ]] || fail "README's lines about volumes go on: $(<"$T/paste.err")"
echo "ok those about volumes stop"
