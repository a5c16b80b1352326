#!/usr/bin/env bash
# Proves: MariaDB (its installation, InnoDB with redo log and doublewrite, threads a connection, temporary tables, 20 parallel clients)
# answers the same under the shim, recovers from SIGKILL, and reads natively what it wrote protected and vice versa.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need mariadbd mariadb mariadb-install-db mariadb-admin mariadb-dump mariadb-slap

SERVER=$(command -v mariadbd)

sql() { mariadb --no-defaults --socket="$WORK/socket" -u root -N -B "$@"; }
admin() { mariadb-admin --no-defaults --socket="$WORK/socket" -u root "$@"; }
answers() { admin ping >/dev/null 2>&1; }
answers_or_died() { answers || process_is_gone "$1"; }

install() {
    launcher "$1"
    mkdir "$WORK/data"
    (cd "$WORK" && "${LAUNCH[@]}" mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$WORK/data" \
        --auth-root-authentication-method=normal --skip-test-db --innodb-log-file-size=8M) >"$T/install.$1.err" 2>&1
    echo "installed with $?"
}

start_mariadb() {
    start_server "$1" "$SERVER" --no-defaults --user="$(id -un)" --datadir="$WORK/data" --socket="$WORK/socket" --skip-networking \
        --pid-file="$WORK/pid" --innodb-buffer-pool-size=32M --innodb-log-file-size=8M --log-error="$WORK/error.log"
    wait_until 60 "mariadb to answer" answers_or_died "$SERVER_PID"
    answers || { cat "$WORK/error.log" >&2; fail "mariadb ended before it answered"; }
}

stop_mariadb() {
    admin shutdown
    wait_for_exit "$SERVER_PID" 60
    echo "stopped with $SERVER_STATUS"
}

queries() {
    install "$1"
    start_mariadb "$1"
    sql <<'END'
create database d;
use d;
create table t (id int primary key auto_increment, name varchar(100), body text, key (name)) engine=innodb;
insert into t (name, body) select concat('name ', seq), repeat(char(97 + seq % 26), 500) from seq_1_to_5000;
select count(*), sum(length(body)), min(name), max(name) from t;
create table m engine=aria as select id, name from t where id % 7 = 0;
select count(*) from m;
alter table t add column extra int default 5, algorithm=copy;
select sum(extra) from t;
start transaction;
delete from t where id < 100;
rollback;
select count(*) from t;
select left(name, 6) as prefix, count(*) from t group by prefix order by prefix limit 5;
select a.id from t a join t b on a.id = b.id + 1 order by a.body desc, a.id limit 3;
select id from t order by md5(name) limit 3;
delimiter //
create procedure p() begin declare i int default 0; while i < 200 do insert into t (name) values (i); set i = i + 1; end while; end//
delimiter ;
call p();
select count(*) from t;
select 'file' into outfile 'out.txt';
select load_file(concat(@@datadir, 'd/out.txt'));
select get_lock('lock', 1), release_lock('lock'), sleep(0.01);
END
    sql d -e 'insert into missing values (1)' 2>&1 || true
    mariadb-slap --no-defaults --socket="$WORK/socket" -u root --concurrency=20 --iterations=1 --number-of-queries=1000 \
        --auto-generate-sql --auto-generate-sql-load-type=mixed --csv | cut -d, -f6,7
    mariadb-dump --no-defaults --socket="$WORK/socket" -u root --skip-dump-date --skip-comments d t | cksum

    # What was committed is there after it was killed.
    sql d -e "create table k (id int primary key); insert into k values (1), (2), (3)"
    kill -KILL "$SERVER_PID"
    wait_for_exit "$SERVER_PID"
    start_mariadb "$1"
    sql d -e 'select count(*), sum(id) from k; check table t, k'
    stop_mariadb

    # Written in this mode, read and written in the other, read in this one.
    local other=native
    [[ $1 == native ]] && other=protected
    start_mariadb "$other"
    sql d -e 'select count(*) from t; update k set id = id + 10'
    stop_mariadb
    start_mariadb "$1"
    sql d -e 'select sum(id) from k'
    stop_server TERM "$SERVER_PID"
    echo "ended by SIGTERM with $SERVER_STATUS"
}
both_workloads queries queries

expect_calls "$SERVER" 4
