#!/usr/bin/env bash
# Proves: ZooKeeper (a JVM, NIO, journal with fdatasync) answers its own client the same under the shim, notifies watches, forgets
# what a session owned, recovers from SIGKILL, and reads natively what it wrote protected and vice versa.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need java
JARS=/usr/share/java
[[ -e $JARS/zookeeper.jar ]] || skip "zookeeper is not installed"

JAVA=$(realpath "$(command -v java)")
JAVA_WORDS=("$JAVA" -Xmx128m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
    -cp "$JARS/zookeeper.jar:$JARS/slf4j-simple.jar")

start_zookeeper() {
    free_port
    cat >"$WORK/zoo.cfg" <<END
tickTime=500
dataDir=$WORK/data
clientPort=$PORT
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist=*
snapCount=50
END
    start_server "$1" "${JAVA_WORDS[@]}" org.apache.zookeeper.server.quorum.QuorumPeerMain "$WORK/zoo.cfg"
    wait_for_port "$PORT" "$SERVER_PID" 60
    wait_until 30 "zookeeper to be ready" is_ready
}
word() {
    exec 3<>"/dev/tcp/127.0.0.1/$PORT"
    printf '%s' "$1" >&3
    timeout 1 cat <&3
    exec 3>&-
}
# Its port and "ruok" answer before it serves: a session that begins in between is lost, natively too. So is the end of a connection
# whose command comes before its database is there (a NullPointerException in its log): the answer is waited for a second only.
is_ready() { (word srvr) 2>/dev/null | grep -q '^Mode'; }

# Lines of the client's shell. Events of the connection itself (type:None) are left out: whether the end of it is told, and what comes first
# at its beginning, is a race between threads of the client.
client() {
    launcher "$1"
    "${LAUNCH[@]}" "${JAVA_WORDS[@]}" org.apache.zookeeper.ZooKeeperMain -server "127.0.0.1:$PORT" 2>&1 |
        grep -E '^(Created|Node|\[[-a-z0-9, ]*\]$|value|type:|WatchedEvent|numChildren|dataLength|Deleted|other|many)|not exist' |
        grep -v type:None || true
}

session() {
    start_zookeeper "$1"
    {
        printf 'create /a value-of-a\ncreate /a/b value-of-b\ncreate -e /a/brief value\ncreate -s /a/s- value\ncreate -s /a/s- value\n'
        printf 'ls /a\nget -w /a/b\nset /a/b value-changed\nget /a/b\nstat /a\ndelete /a/b\nget /a/b\ncreate /a/missing/c\n'
        for i in {1..120}; do echo "create /many$i many-$i"; done
        echo quit
    } | client "$1" >"$WORK/said"
    grep -vc /many "$WORK/said"
    grep -c /many "$WORK/said"
    sed -n '/many/d; /WatchedEvent/p; /Created/p; /value/p; /type:/p; /num/p' "$WORK/said" | sort
    kill -KILL "$SERVER_PID"
    wait_for_exit "$SERVER_PID"

    local other=native
    [[ $1 == native ]] && other=protected
    start_zookeeper "$other"
    # The session that owned it ended before.
    printf 'ls /a\nget /many120\nset /many120 other-value\nquit\n' | client "$1"
    stop_server TERM "$SERVER_PID"
    echo "ended by TERM with $SERVER_STATUS"
    start_zookeeper "$1"
    printf 'get /many120\nget /many1\nquit\n' | client "$1"
    word srvr | grep -E '^(Mode|Node count)'
    stop_server TERM "$SERVER_PID"
    echo "ended by TERM with $SERVER_STATUS"
}
both_workloads session session

expect_calls "$JAVA" 3
