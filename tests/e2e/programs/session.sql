-- What a database asks of files: journals, locks, synchronisation, temporary files, shared memory (WAL).
PRAGMA synchronous = FULL;
PRAGMA cache_size = 50;
CREATE TABLE numbers (id INTEGER PRIMARY KEY, value INTEGER, text TEXT);
CREATE INDEX by_value ON numbers (value);
WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 20000)
INSERT INTO numbers SELECT n, (n * 7919) % 10007, 'text ' || n FROM count;
SELECT count(*), sum(value), min(text), max(text) FROM numbers;
BEGIN;
UPDATE numbers SET value = -1;
ROLLBACK;
SELECT sum(value) FROM numbers;
INSERT INTO numbers VALUES (20001, 1, 'one');
INSERT INTO numbers VALUES (20002, 2, 'two');
SAVEPOINT inner;
DELETE FROM numbers WHERE id % 2 = 0;
RELEASE inner;
SELECT count(*) FROM numbers;
SELECT value, count(*) AS c FROM numbers GROUP BY value HAVING c > 1 ORDER BY c DESC, value LIMIT 3;
SELECT a.id, b.id FROM numbers a JOIN numbers b ON a.value = b.value AND a.id < b.id ORDER BY a.id, b.id LIMIT 3;
ALTER TABLE numbers ADD COLUMN extra TEXT DEFAULT 'added';
SELECT * FROM numbers ORDER BY text DESC LIMIT 2;
INSERT INTO numbers (id) VALUES (1);
ATTACH 'second.db' AS second;
CREATE TABLE second.copy AS SELECT * FROM numbers WHERE id < 100;
SELECT count(*) FROM second.copy;
DETACH second;
DROP INDEX by_value;
VACUUM;
ANALYZE;
PRAGMA integrity_check;
.shell echo from a shell
.output listed.txt
SELECT id FROM numbers LIMIT 3;
.output stdout
.system cat listed.txt
.backup backup.db
.tables
.exit 6
