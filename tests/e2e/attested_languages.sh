#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: a Python program with a package, a Java program in a jar, a Node.js script and a static Go program print the arguments,
# the environment and the injected file that their session gives them, each measured by `redoubt measure`; host arguments and
# host variables arrive where the session asks for them, and nothing else of the host's environment does.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
# shellcheck source=attested_lib.sh disable=SC1091
source "$(dirname "$0")/attested_lib.sh"
need python3
services_up
fresh_work

APP=$T/app
mkdir -p "$APP/package"
echo 'def shout(text): return text.upper()' >"$APP/package/__init__.py"
cat >"$APP/show.py" <<'END'
import json, os, sys
import package
print(json.dumps({"arguments": sys.argv[1:], "environment": dict(sorted(os.environ.items())), "file": open("/etc/app.conf").read(), "package": package.shout("ok"), "directory": os.getcwd()}))
END
cat >"$APP/Show.java" <<'END'
public class Show {
    public static void main(String[] arguments) throws Exception {
        System.out.println(String.join("|", arguments) + "|" + System.getenv("SECRET") + "|" + System.getenv("PLANTED") + "|"
            + java.nio.file.Files.readString(java.nio.file.Path.of("/etc/app.conf")).strip());
    }
}
END
cat >"$APP/show.js" <<'END'
const a = process.argv.slice(2).join("|");
console.log(a + "|" + process.env.SECRET + "|" + process.env.PLANTED + "|" + require("fs").readFileSync("/etc/app.conf", "utf8").trim());
END
cat >"$APP/show.go" <<'END'
package main
import ("fmt"; "os"; "strings")
func main() {
    text, err := os.ReadFile("/etc/app.conf")
    if err != nil { fmt.Println(err); os.Exit(1) }
    planted, there := os.LookupEnv("PLANTED")
    if !there { planted = "none" }
    fmt.Println(strings.Join(os.Args[1:], "|") + "|" + os.Getenv("SECRET") + "|" + planted + "|" + strings.TrimSpace(string(text)))
}
END

# session LABEL COMMAND(list) CODE
session() {
    cat >"$T/$1.yml" <<END
name: e2e/$1
version: "0.3"
services:
  - name: app
    image_name: image
    command: $2
    environment: { SECRET: "\$\$SCONE::secret\$\$", "@@GIVEN": "", PATH: /usr/bin }
    pwd: /
    attestation: [{ mrenclave: $MRENCLAVE }]
    code:
$3
    host: { directories: [$WORK] }
images:
  - name: image
    injection_files:
      - { path: /etc/app.conf, permission: 0400, content: "content \$\$SCONE::secret\$\$\n" }
secrets: [{ name: secret, kind: ascii, size: 16, export_public: true }]
security: { attestation: { tolerate: [simulation] } }
END
    session_up "$T/$1.yml"
    SECRET=$("$REDOUBT" session value "e2e/$1" secret)
}

# shows LABEL: what the program printed in an attested run.
shows() {
    local status=0
    GIVEN=present PLANTED=planted LD_PRELOAD=/nonexistent.so PYTHONPATH=/nonexistent attested "e2e/$1/app" host-argument </dev/null >"$T/$1.out" 2>"$T/$1.err" || status=$?
    ((status == 0)) || fail "$1: status $status: $(tail -n 5 "$T/$1.err")"
}
prints() { [[ $(<"$T/$1.out") == "$2" ]] || fail "$1: expected \"$2\", found \"$(<"$T/$1.out")\""; }

export PYTHONPYCACHEPREFIX=$T/pycache
session python "[/usr/bin/python3, -B, $APP/show.py, fixed, \"@@1\", \"\$\$SCONE::secret\$\$\"]" \
    "$(measured_code python3 --with "$APP/show.py" --with "$APP/package" --observe -- -B -c 'import json, os, sys')"
shows python
/usr/bin/python3 - "$T/python.out" "$SECRET" <<'END' || fail "python: $(<"$T/python.out")"
import json, sys
shown, secret = json.load(open(sys.argv[1])), sys.argv[2]
assert shown["arguments"] == ["fixed", "host-argument", secret], shown
environment = shown["environment"]
environment.pop("LC_CTYPE", None)  # CPython sets it itself (PEP 538)
assert environment == {"GIVEN": "present", "PATH": "/usr/bin", "SECRET": secret}, shown
assert shown["file"] == f"content {secret}\n" and shown["package"] == "OK" and shown["directory"] == "/", shown
END
echo "ok python"

if type -P go >/dev/null; then
    (cd "$APP" && as_caller env CGO_ENABLED=0 GO111MODULE=off GOCACHE="$E2E_CACHE/go-build" go build -o show-go show.go) || fail "go build"
    session go "[$APP/show-go, \"@@1\"]" "$(measured_code "$APP/show-go")"
    shows go
    prints go "host-argument|$SECRET|none|content $SECRET"
    echo "ok go"
fi

if type -P node >/dev/null; then
    session node "[node, $APP/show.js, \"@@1\"]" "$(measured_code node --with "$APP/show.js" --observe -- -e 0)"
    shows node
    prints node "host-argument|$SECRET|undefined|content $SECRET"
    echo "ok node"
fi

if type -P javac >/dev/null; then
    (cd "$APP" && javac Show.java && printf 'Main-Class: Show\n' >manifest && jar cfm show.jar manifest Show.class) || fail "javac"
    session java "[java, -XX:-UsePerfData, -jar, $APP/show.jar, \"@@1\"]" \
        "$(measured_code java --with "$APP/show.jar" --observe -- -XX:-UsePerfData -jar "$APP/show.jar")"
    shows java
    prints java "host-argument|$SECRET|null|content $SECRET"
    echo "ok java"
fi
