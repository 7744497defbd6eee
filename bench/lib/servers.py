"""The two private servers of a run: their settings, and the few statements that the bench itself needs."""

import os
import subprocess

# Given to both servers at start. Memory for the data that is measured, durability as delivered; PostgreSQL's
# autovacuum is off because it starts at moments of its own and two cores are few.
MARIADB_OPTIONS = [
    "--innodb-buffer-pool-size=3G",
    "--innodb-log-file-size=1G",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--innodb-flush-log-at-trx-commit=1",
    "--performance-schema=OFF",
    "--innodb-sort-buffer-size=64M",
]
POSTGRES_OPTIONS = [
    "-c shared_buffers=1GB",
    "-c maintenance_work_mem=256MB",
    "-c max_wal_size=8GB",
    "-c checkpoint_timeout=30min",
    "-c autovacuum=off",
    "-c fsync=on",
    "-c synchronous_commit=on",
]
SHOWN_MARIADB = ["version", "innodb_buffer_pool_size", "innodb_log_file_size", "innodb_flush_log_at_trx_commit",
                 "log_bin", "binlog_format", "sync_binlog", "character_set_server", "collation_server",
                 "performance_schema"]
SHOWN_POSTGRES = ["server_version", "shared_buffers", "maintenance_work_mem", "max_wal_size", "checkpoint_timeout",
                  "autovacuum", "fsync", "synchronous_commit", "wal_level", "max_parallel_maintenance_workers"]


class ServerError(RuntimeError):
    """A statement of the bench's own failed: the run cannot go on."""


def are_running():
    return all(os.environ.get(name) for name in ("WB_MY_SOCKET", "WB_PG_HOST", "WB_PG_PORT"))


def exec_under(servers_script, argv):
    """Replaces this process by the same command between server start and stop; never returns."""
    os.environ["WB_MY_OPTS"] = " ".join(MARIADB_OPTIONS + os.environ.get("WB_MY_OPTS", "").split())
    os.environ["WB_PG_OPTS"] = " ".join(POSTGRES_OPTIONS + os.environ.get("WB_PG_OPTS", "").split())
    os.execv(servers_script, [servers_script, "run", "mariadb", "postgres", "--"] + argv)


def _run(argv, sql, name):
    done = subprocess.run(argv, input=sql.encode(), capture_output=True)
    if done.returncode != 0:
        raise ServerError(f"{name}: {done.stderr.decode(errors='replace').strip()[:2000]}")
    return done.stdout.decode()


class MariaDB:
    def __init__(self):
        self.socket = os.environ["WB_MY_SOCKET"]

    def url(self, database):
        return f"mysql://root@localhost/{database}?socket={self.socket}"

    def run(self, sql, database=""):
        """Runs statements; returns what they print, one row a line, columns by tabs."""
        argv = ["mariadb", "--no-defaults", "-S", self.socket, "-uroot", "-N", "-B",
                "--default-character-set=utf8mb4"]
        return _run(argv + ([database] if database else []), sql, "MariaDB")

    def rows(self, sql, database=""):
        return [line.split("\t") for line in self.run(sql, database).splitlines()]

    def settings(self):
        names = ",".join(f"'{name}'" for name in SHOWN_MARIADB)
        return dict(self.rows(f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({names})"))


class Postgres:
    def __init__(self):
        self.host = os.environ["WB_PG_HOST"]
        self.port = os.environ["WB_PG_PORT"]

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.host}&port={self.port}"

    def run(self, sql, database="postgres"):
        argv = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.url(database)]
        return _run(argv, sql, "PostgreSQL")

    def rows(self, sql, database="postgres"):
        return [line.split("\t") for line in self.run(sql, database).splitlines()]

    def recreate(self, database):
        """An empty database of that name, and nothing left to write of what was before."""
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE);\nCREATE DATABASE "{database}";\nCHECKPOINT;\n')

    def settings(self):
        return {name: self.run(f"SHOW {name}").strip() for name in SHOWN_POSTGRES}
