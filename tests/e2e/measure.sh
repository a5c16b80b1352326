#!/usr/bin/env bash
# Proves: what `redoubt measure` lists is all that a program needs. The listed files and links, and nothing else, are put into a
# directory that becomes the root; there redis, nginx, CPython with a package, a script by env, Node.js, Java with a jar and a
# static Go program serve a real client or print what they should. Also that each list is a valid part of a session, the same
# each time, and that one file less is one too few.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
((EUID == 0)) || skip "only root may change the root directory"
need unshare chroot python3
unshare --mount true 2>/dev/null || skip "this machine does not allow a mount namespace"

ROOT=$T/root
PYTHON=/usr/bin/python3
# The same list as the runtime takes it: then its own namespace is what nothing else exists in.
RUNTIME=$(dirname "$REDOUBT")/redoubt-run
namespace=0
if grep -qa -- --insecure-manifest "$RUNTIME"; then namespace=1; else echo "note: this runtime has no --insecure-manifest; in a root directory only"; fi

# build_root FILE: $ROOT holds exactly what the list (JSON) names, a few devices, an empty /tmp and /proc.
build_root() {
    rm -rf "$ROOT"
    mkdir -p "$ROOT"/{dev,proc,tmp}
    "$PYTHON" - "$1" "$ROOT" <<'END'
import hashlib, json, os, shutil, sys
listed, root = json.load(open(sys.argv[1])), sys.argv[2]
for one in listed["files"]:
    target = root + one["path"]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(one["path"], target)
    assert hashlib.sha256(open(target, "rb").read()).hexdigest() == one["sha256"], one["path"]
for one in listed["links"]:
    target = root + one["path"]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.symlink(one["target"], target)
END
    mknod -m 666 "$ROOT/dev/null" c 1 3
    mknod -m 666 "$ROOT/dev/urandom" c 1 9
    mknod -m 666 "$ROOT/dev/random" c 1 8
    chmod 1777 "$ROOT/tmp"
}

SMALL=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/tmp LC_ALL=C.UTF-8)
# shellcheck disable=SC2016  # for the inner shell
INSIDE=("${SMALL[@]}" unshare --mount --propagation private bash -c '
    mount -t proc proc "$0/proc" || exit 1
    exec chroot "$0" "$@"' "$ROOT")
# inside COMMAND...: in the root, with /proc, a small environment and standard input from nowhere.
inside() { "${INSIDE[@]}" "$@" </dev/null; }
# namespace_of LABEL FILE: sets PROTECTED to the words that run a program under the runtime, with nothing but the list.
namespace_of() {
    PROTECTED=("${SMALL[@]}" "$RUNTIME" --launch "--insecure-manifest=$T/$1.manifest" "--program=$2" --)
}

# measured LABEL ARGUMENTS...: measures, checks the YAML form as a part of a session, builds the root.
measured() {
    local label=$1
    shift
    (cd "$WORK" && timeout 60 "$REDOUBT" measure "${@:1:1}" --json -o "$T/$label.json" --manifest "$T/$label.manifest" "${@:2}") 2>"$T/$label.measure.err" </dev/null ||
        { cat "$T/$label.measure.err" >&2; fail "$label: measure failed"; }
    build_root "$T/$label.json"
    echo "ok $label: $(grep -c '"sha256"' "$T/$label.json") files, $(grep -c '"target"' "$T/$label.json") links"
}

# check_fragment PROGRAM: the YAML is valid below a service, and the same when it is made again.
check_fragment() {
    "$REDOUBT" measure -q "$1" -o "$T/fragment.yml"
    "$REDOUBT" measure -q "$1" -o "$T/again.yml"
    cmp "$T/fragment.yml" "$T/again.yml" || fail "two lists of $1 differ"
    {
        printf 'name: measured\nversion: "0.3"\nservices:\n  - name: service\n    attestation: [{mrenclave: %064d}]\n' 1
        cat "$T/fragment.yml"
    } >"$T/session.yml"
    "$REDOUBT" session check "$T/session.yml" >"$T/check.out" || { cat "$T/check.out" >&2; fail "the list of $1 is no code of a session"; }
    grep -q 'is valid$' "$T/check.out" || fail "the list of $1 has warnings: $(<"$T/check.out")"
    echo "ok fragment of $1"
}

equals() { [[ $2 == "$3" ]] || fail "$1: expected \"$3\", found \"$2\""; }
# serve LABEL PORT COMMAND...: starts it, the leader of a session of its own, and waits for the port.
serve() {
    local label=$1 at=$2
    shift 2
    setsid "$@" </dev/null >>"$T/$label.server.err" 2>&1 &
    SERVER_PID=$!
    E2E_PIDS+=("$SERVER_PID")
    wait_for_port "$at" "$SERVER_PID"
}

# prints LABEL EXPECTED COMMAND...: in the root, and in the runtime's namespace.
prints() {
    local label=$1 expected=$2 found
    shift 2
    equals "$label" "$(inside "$@")" "$expected"
    ((namespace == 1)) || return 0
    namespace_of "$label" "$1"
    found=$(timeout 60 "${PROTECTED[@]}" "$@" 2>"$T/$label.namespace.err" </dev/null)
    equals "$label in the namespace" "$found" "$expected"
}

mkdir "$WORK"
ran=()

if type -P redis-server redis-cli >/dev/null; then
    check_fragment redis-server
    measured redis redis-server
    free_port
    serve redis "$PORT" "${INSIDE[@]}" /usr/bin/redis-server --port "$PORT" --bind 127.0.0.1 --save '' --dir /tmp
    equals redis "$(redis-cli -p "$PORT" set key value; redis-cli -p "$PORT" get key)" $'OK\nvalue'
    stop_server TERM "$SERVER_PID"
    if ((namespace == 1)); then
        free_port
        namespace_of redis /usr/bin/redis-server
        serve redis "$PORT" "${PROTECTED[@]}" redis-server --port "$PORT" --bind 127.0.0.1 --save ''
        equals "redis in the namespace" "$(redis-cli -p "$PORT" set key value; redis-cli -p "$PORT" get key)" $'OK\nvalue'
        stop_server TERM "$SERVER_PID"
    fi
    # One file less is too few: the list has nothing that stands in for it.
    rm "$ROOT/usr/lib/x86_64-linux-gnu/libc.so.6" "$ROOT"/lib/x86_64-linux-gnu/libc.so.6 2>/dev/null || true
    ! inside /usr/bin/redis-server --version >/dev/null 2>&1 || fail "redis runs without libc, so the root is not closed"
    ran+=(redis)
fi

if type -P nginx curl >/dev/null; then
    free_port
    mkdir "$WORK/site"
    echo 'measured page' >"$WORK/site/index.html"
    cat >"$WORK/nginx.conf" <<END
daemon off;
master_process off;
user root;
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
    server { listen 127.0.0.1:$PORT; root $WORK/site; }
}
END
    measured nginx nginx --with "$WORK/nginx.conf" --with "$WORK/site" --for 1 --observe -- -c "$WORK/nginx.conf"
    serve nginx "$PORT" "${INSIDE[@]}" /usr/sbin/nginx -c "$WORK/nginx.conf"
    equals nginx "$(curl -s "http://127.0.0.1:$PORT/")" "measured page"
    stop_server TERM "$SERVER_PID"
    ran+=(nginx)
fi

if [[ -x $PYTHON ]] && "$PYTHON" -c 'import yaml' 2>/dev/null; then
    cat >"$WORK/app.py" <<'END'
import sqlite3, ssl, sys, yaml
print(yaml.safe_load("{a: [1, 2]}"), sqlite3.connect(":memory:").execute("select 6*7").fetchone()[0], ssl.OPENSSL_VERSION_INFO[0])
END
    measured python "$PYTHON" --with app.py --observe -- app.py
    prints python "{'a': [1, 2]} 42 3" "$PYTHON" "$WORK/app.py"
    # A script whose first line goes through env, and no observation: --with names its world.
    printf '#!/usr/bin/env perl\nprint 6*7, "\\n";\n' >"$WORK/script"
    chmod +x "$WORK/script"
    if type -P perl >/dev/null; then
        measured script ./script
        prints script 42 "$WORK/script"
    fi
    ran+=(python)
fi

NODE=$(type -P node || true)
if [[ -n $NODE ]]; then
    mkdir -p "$WORK/node_modules/greeting"
    echo 'exports.text = "measured " + require("path").basename("/a/node");' >"$WORK/node_modules/greeting/index.js"
    echo 'console.log(require("greeting").text, require("crypto").createHash("sha256").update("x").digest("hex").length)' >"$WORK/app.js"
    measured node "$NODE" --with app.js --with node_modules --observe -- app.js
    prints node "measured node 64" "$NODE" "$WORK/app.js"
    ran+=(node)
fi

if type -P java javac jar >/dev/null; then
    mkdir "$WORK/classes"
    cat >"$WORK/Hello.java" <<'END'
import java.security.*;
public class Hello {
  public static void main(String[] a) throws Exception {
    byte[] d = MessageDigest.getInstance("SHA-256").digest("x".getBytes("UTF-8"));
    System.out.println("measured java " + d.length + " " + java.time.Instant.EPOCH + " " + String.join("", java.util.List.of("a", "b")));
  }
}
END
    javac -d "$WORK/classes" "$WORK/Hello.java"
    jar --create --file "$WORK/app.jar" --main-class Hello -C "$WORK/classes" .
    JAVA=$(type -P java)
    measured java "$JAVA" --with app.jar --observe -- -Xmx128m -jar app.jar
    prints java "measured java 32 1970-01-01T00:00:00Z ab" "$JAVA" -Xmx128m -jar "$WORK/app.jar"
    ran+=(java)
fi

if type -P go >/dev/null; then
    mkdir "$WORK/go"
    printf 'package main\nimport "fmt"\nfunc main() { fmt.Println("measured go") }\n' >"$WORK/go/main.go"
    (cd "$WORK/go" && as_caller env CGO_ENABLED=0 GOFLAGS=-mod=mod GO111MODULE=off go build -o ../static main.go) 2>"$T/go.err"
    measured go ./static
    equals "go's list" "$(grep -c '"sha256"' "$T/go.json")" 1
    prints go "measured go" "$WORK/static"
    ran+=(go)
fi

((${#ran[@]} > 0)) || skip "none of redis, nginx, python3-yaml, node, java, go is installed"
echo "ok in a root of their own: ${ran[*]}"
