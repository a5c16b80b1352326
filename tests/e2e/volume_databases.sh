#!/usr/bin/env bash
# Proves: PostgreSQL, MariaDB and etcd make their data directories on a protected volume, serve, are killed or stopped, and another
# run finds what they kept. Started as an ordinary user, as these servers want it. Each that is not installed is left out, visibly.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2016,SC2034  # for the functions of the library, and an inner shell
source "$(dirname "$0")/namespace_lib.sh"
E2E_LIMIT=170
export LC_ALL=C
if [[ $(id -u) != 0 ]] || ! command -v setpriv >/dev/null || ! id nobody >/dev/null 2>&1; then skip "needs root, to start servers as another user"; fi
ulimit -l unlimited 2>/dev/null || true
mkdir "$T/host"
chmod 755 "$T"
chown nobody "$T/host"
V=$T/data
RAN=0
as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH="$PATH" HOME="$T/host" TMPDIR="$T/host" LC_ALL=C TZ=UTC PGTZ=UTC "$@"; }
# server WHAT PATTERN SCRIPT: a shell script with the server in it, in one run.
server() {
    STATUS=0
    OUTPUT=$(cd / && as_nobody timeout -k 5 "$E2E_LIMIT" "$RUNTIME" --launch "--insecure-manifest=$MANIFEST" "${INJECTIONS[@]}" --program=/bin/bash -- \
        /bin/bash -c "$3" 2>&1 </dev/null) || STATUS=$?
    expect "$1" 0 "$2"
}
start() { # MANIFEST OPTIONS...
    INJECTIONS=()
    rm -rf "$V"
    volume "$V"
    chown nobody "$V"
    local tool tools=()
    for tool in bash sh cat mkdir rm sleep seq sed grep chmod ls true false date cp mv id tr sort chown head tail kill uname hostname dirname basename getconf expr cut; do
        tools+=(--file "$(type -P "$tool")" --file "$(readlink -f "$(type -P "$tool")")")
    done
    manifest "${tools[@]}" --file /bin/bash --file /bin/sh --file /etc/passwd --file /etc/group --file /etc/nsswitch.conf --file /etc/hosts \
        --device /dev/null --device /dev/urandom --host "$T/host" "$@"
    chmod 755 "$MANIFEST"
    RAN=$((RAN + 1))
}

PG=
for directory in /usr/lib/postgresql/*/bin; do PG=$directory; done
if [[ -n $PG && -x $PG/pgbench ]]; then
    programs=()
    for program in "$PG"/*; do programs+=(--file "$program"); done
    start --tree "${PG%/bin}" --tree /usr/share/postgresql --tree /usr/share/zoneinfo --host /dev/shm "${programs[@]}"
    export_pg="export PATH=$PG:/usr/bin:/bin PGHOST=$T/host PGUSER=nobody PGDATABASE=postgres PGDATA=$V/pg"
    up='pg_ctl -w -t 100 -l $PGDATA/log -o "-c listen_addresses= -c unix_socket_directories=$PGHOST -c shared_buffers=16MB" start >/dev/null || { cat $PGDATA/log; exit 1; }'
    server postgres_initdb_pgbench '^100000$' "$export_pg; set -e; initdb -A trust -U nobody -D $V/pg >$V/initdb.log 2>&1 || { cat $V/initdb.log; exit 1; }; $up
        pgbench -q -i -s 1 >/dev/null 2>&1; pgbench -n -c 4 -j 2 -t 50 2>/dev/null | grep processed
        psql -Atc 'select count(*) from pgbench_accounts'; psql -Atc 'select sum(delta) from pgbench_history' >$V/sum; pg_ctl -w -m immediate stop >/dev/null"
    server postgres_after_a_crash '^same$' "$export_pg; set -e; $up
        [[ \$(psql -Atc 'select sum(delta) from pgbench_history') == \$(cat $V/sum) ]] && echo same; psql -Atc 'vacuum full; ' ; psql -Atc 'create tablespace t location '\''$V/ts'\'' ' 2>/dev/null || true; psql -Atc 'select count(*) from pgbench_history'; pg_ctl -w -m fast stop >/dev/null"
else
    left_out "PostgreSQL"
fi

if type -P mariadbd mariadb mariadb-install-db >/dev/null; then
    start --tree /usr/share/mysql --tree /usr/lib/mysql --file "$(type -P mariadbd)" --file "$(type -P mariadb)" --file "$(type -P mariadb-admin)" \
        --file "$(type -P mariadb-install-db)" --file "$(readlink -f "$(type -P mariadb-install-db)")" --file "$(type -P my_print_defaults)" --file "$(type -P resolveip)"
    options="--no-defaults --datadir=$V/db --socket=$T/host/s --pid-file=$V/pid --skip-networking --innodb-buffer-pool-size=16M --lc-messages-dir=/usr/share/mysql"
    up="trap 'kill -9 %1 2>/dev/null || true' EXIT; mariadbd $options --user=nobody >$V/log 2>&1 & for i in \$(seq 600); do mariadb-admin --no-defaults --socket=$T/host/s -u nobody ping >/dev/null 2>&1 && break; sleep 0.1; done"
    client="mariadb --no-defaults --socket=$T/host/s -u nobody"
    server mariadb '^5000	[0-9]+$' "set -e; mariadb-install-db --no-defaults --datadir=$V/db --skip-test-db --auth-root-authentication-method=socket --auth-root-socket-user=nobody --user=nobody >$V/install 2>&1 || { cat $V/install; exit 1; }
        $up
        client() { $client \"\$@\" || { cat $V/log; exit 1; }; }; client -e 'create database d; create table d.t(id int primary key auto_increment, x varchar(100), key(x)) engine=innodb; use d; insert into t(x) select hex(seq*7) from seq_1_to_5000; create table d.a(x int) engine=aria; insert into d.a values (1),(2)'
        client -Ne 'select count(*), sum(length(x)) from d.t; alter table d.t add y int default 5; optimize table d.t' ; kill -9 %1; wait %1 2>/dev/null || true"
    server mariadb_after_kill '^5000	25000	2$' "set -e; $up
        $client -Ne 'select count(*), sum(y), (select count(*) from d.a) from d.t' || { cat $V/log; exit 1; }; mariadb-admin --no-defaults --socket=$T/host/s -u nobody shutdown; wait"
else
    left_out "MariaDB"
fi

if type -P etcd etcdctl >/dev/null; then
    free_port
    client_port=$PORT
    free_port
    start --file "$(type -P etcd)" --file "$(type -P etcdctl)"
    up="trap 'kill -9 %1 2>/dev/null || true' EXIT; etcd --data-dir $V/etcd --listen-client-urls http://127.0.0.1:$client_port --advertise-client-urls http://127.0.0.1:$client_port --listen-peer-urls http://127.0.0.1:$PORT >$V/log 2>&1 & export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=127.0.0.1:$client_port; for i in \$(seq 600); do etcdctl endpoint health >/dev/null 2>&1 && break; sleep 0.1; done"
    server etcd '^key20$' "$up; for i in \$(seq 20); do etcdctl put key\$i value\$i >/dev/null || { tail -n 20 $V/log; exit 1; }; done; etcdctl get --prefix key --keys-only | grep key20; etcdctl snapshot save $V/snap >/dev/null 2>&1; etcdctl defrag >/dev/null; kill -9 %1; wait %1 2>/dev/null || true"
    server etcd_after_kill '^value13$' "$up; etcdctl get key13 --print-value-only || { tail -n 20 $V/log; exit 1; }; kill %1; wait %1 2>/dev/null || true"
else
    left_out "etcd"
fi
((RAN > 0)) || skip "none of them is installed"
finish
