#!/usr/bin/env bash
# Proves: a static Go program, Node and Java (with a jar, and its 130 MB of modules in one file) run under a manifest, read an
# injected file and find nothing else. Each that is not installed is left out, visibly.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
inject /etc/app.conf 'canary for all'
RAN=0

if [[ -x /usr/bin/go ]]; then
    (cd "$T" && cat >main.go && CGO_ENABLED=0 GOCACHE=$E2E_CACHE/go GOFLAGS=-mod=mod as_caller go build -o prog main.go) || fail "go build"
    manifest --file "$T/prog"
    run "$T/prog" first
    expect go_reads 0 '^canary for all <nil>$'
    expect go_finds_nothing_else 0 'open /etc/passwd: no such file'
    expect go_executes_itself 0 '^child canary for all$'
    RAN=$((RAN + 1))
else
    left_out "go"
fi <<'END'
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	text, err := os.ReadFile("/etc/app.conf")
	if len(os.Args) > 1 && os.Args[1] == "child" {
		fmt.Println("child", string(text))
		return
	}
	fmt.Println(string(text), err)
	_, err = os.ReadFile("/etc/passwd")
	fmt.Println(err)
	self, _ := os.Executable()
	out, err := exec.Command(self, "child").Output()
	fmt.Print(string(out))
}
END

if NODE=$(type -P node); then
    options=(--file "$NODE")
    [[ ! -d /usr/share/nodejs ]] || options+=(--tree /usr/share/nodejs)
    manifest "${options[@]}"
    run "$NODE" -e 'const fs=require("fs"); console.log(fs.readFileSync("/etc/app.conf","utf8"), fs.readdirSync("/etc"));
        try { fs.readFileSync("/etc/passwd") } catch (e) { console.log(e.code) }
        fs.promises.readFile("/etc/app.conf","utf8").then(t => console.log("later", t))'
    expect node_reads 0 "^canary for all \[ 'app.conf' \]$"
    expect node_finds_nothing_else 0 '^ENOENT$'
    expect node_reads_in_its_threads 0 '^later canary for all$'
    RAN=$((RAN + 1))
else
    left_out "node"
fi

JAVA=$(readlink -f "$(type -P java || true)")
if [[ -x $JAVA ]] && type -P javac jar >/dev/null; then
    cat >"$T/Main.java" <<'END'
import java.nio.channels.FileChannel;
import java.nio.file.*;

public class Main {
    public static void main(String[] arguments) throws Exception {
        Path path = Path.of("/etc/app.conf");
        System.out.println(Files.readString(path) + " " + (char) FileChannel.open(path).map(FileChannel.MapMode.READ_ONLY, 0, 6).get(0));
        try {
            Files.readString(Path.of("/etc/passwd"));
        } catch (NoSuchFileException problem) {
            System.out.println("absent " + problem.getMessage());
        }
    }
}
END
    (cd "$T" && javac Main.java && printf 'Main-Class: Main\n' >jar.head && jar cfm main.jar jar.head Main.class)
    JAVA_HOME=${JAVA%/bin/java}
    options=(--file "$JAVA" --tree "$JAVA_HOME" --file "$T/main.jar")
    [[ ! -d /etc/java-17-openjdk ]] || options+=(--tree /etc/java-17-openjdk)
    manifest "${options[@]}"
    unset JAVA_HOME
    run "$JAVA" -jar "$T/main.jar"
    expect java_reads_and_maps 0 '^canary for all c$'
    expect java_finds_nothing_else 0 '^absent /etc/passwd$'
    RAN=$((RAN + 1))
else
    left_out "java"
fi
((RAN > 0)) || skip "neither go, node nor java is installed"
finish
