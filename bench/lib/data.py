"""The data sets: made in MariaDB from data/NAME.my.sql, then recorded as PostgreSQL's binary COPY files."""

import pathlib
import string
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
NAMES = ["employees", "wide", "mixed"]


def sizes(scale):
    """How many rows each ${...} of the .my.sql files stands for, at 1/scale of the full size."""
    full = {"employees": 300024, "second_departments": 331603 - 300024, "second_titles": 443308 - 300024,
            "salaries": 2844047, "orders": 5000000, "mixed": 1000000}
    return {name: max(100, count // scale) for name, count in full.items()}


class Dataset:
    """One data set: the MariaDB database bench_NAME and, once recorded, the PostgreSQL database rec_NAME."""

    def __init__(self, name, my, pg, workdir):
        self.name, self.my, self.pg = name, my, pg
        self.database = f"bench_{name}"
        self.recorded = f"rec_{name}"
        self.copies = workdir / name
        self.index_file = HERE / "data" / f"{name}.index.sql"
        self.counts = {}

    @property
    def tables(self):
        return list(self.counts)

    @property
    def rows(self):
        return sum(self.counts.values())

    def make(self, scale):
        """Fills the MariaDB database; what is read later is in its buffer pool and written to disk."""
        started = time.monotonic()
        sql = string.Template((HERE / "data" / f"{self.name}.my.sql").read_text()).substitute(sizes(scale))
        self.my.run(f"CREATE DATABASE {self.database}")
        # Without these checks MariaDB fills an empty table in bulk; the data is right by its making.
        self.my.run("SET sql_log_bin=0, unique_checks=0, foreign_key_checks=0, time_zone='+00:00', "
                    "sql_mode='STRICT_TRANS_TABLES,NO_UNSIGNED_SUBTRACTION';\n" + sql,
                    self.database)
        names = [row[0] for row in self.my.rows("SHOW TABLES", self.database)]
        self.my.run("".join(f"ANALYZE TABLE {name};\n" for name in names), self.database)
        self.counts = {name: int(self.my.run(f"SELECT COUNT(*) FROM {name}", self.database)) for name in names}
        return time.monotonic() - started

    def schema_sql(self):
        return (HERE / "data" / f"{self.name}.pg.sql").read_text()

    def index_sql(self):
        lines = self.index_file.read_text().splitlines()
        return "\n".join(line + ";" for line in lines if line and not line.startswith("--"))

    def record(self):
        """Carries the rows over as text by the two servers' own means, then writes the binary COPY files."""
        started = time.monotonic()
        self.copies.mkdir(mode=0o777)
        self.copies.chmod(0o777)  # the server writes here, as a user of its own
        self.pg.recreate(self.recorded)
        self.pg.run(self.schema_sql(), self.recorded)
        for table in self.tables:
            text = self.copies / f"{table}.txt"
            columns = ", ".join(_as_text(*row) for row in self.my.rows(
                "SELECT column_name, data_type, column_type FROM information_schema.columns "
                f"WHERE table_schema = '{self.database}' AND table_name = '{table}' ORDER BY ordinal_position"))
            self.my.run(f"SET time_zone='+00:00'; SELECT {columns} FROM {table} INTO OUTFILE '{text}' "
                        "CHARACTER SET utf8mb4", self.database)
            self.pg.run(f"\\copy {table} from '{text}'\n"
                        f"\\copy {table} to '{self.copies / table}.copy' (format binary)\n", self.recorded)
            text.unlink()
        self.pg.run(self.index_sql(), self.recorded)
        self.check(self.recorded)
        return time.monotonic() - started

    def check(self, database):
        """Compares a target's row, index and foreign key counts with what must be there; returns what is wrong."""
        wrong = []
        found = {row[0]: row[1] for row in self.pg.rows(
            "SELECT c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname <> 'whimbrel' "
            "AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'", database)}
        for table, count in self.counts.items():
            got = int(self.pg.run(f"SELECT count(*) FROM {found[table]}", database)) if table in found else 0
            if got != count:
                wrong.append(f"{table}: {got} of {count} rows")
        have, want = self.structure(database), self.structure(self.recorded)
        wrong += [f"{have[what]} of {want[what]} {what}" for what in want if have[what] < want[what]]
        if wrong and database == self.recorded:
            raise RuntimeError(f"recording {self.name}: {', '.join(wrong)}")
        return wrong

    def structure(self, database):
        sql = ("SELECT 'indexes', count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
               "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^(pg_|whimbrel$)' AND i.indisvalid "
               "UNION ALL SELECT 'foreign keys', count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")
        return {row[0]: int(row[1]) for row in self.pg.rows(sql, database)}


def _as_text(name, data_type, column_type):
    """The SQL that gives a column as PostgreSQL's COPY text reads it."""
    if data_type in ("blob", "binary", "varbinary", "longblob"):
        return f"CONCAT('\\\\x', HEX({name}))"
    if data_type == "bit":
        return f"LPAD(BIN({name} + 0), {column_type[4:-1]}, '0')"
    if data_type == "set":
        return f"CONCAT('{{', {name}, '}}')"
    if data_type == "timestamp":
        return f"CONCAT({name}, '+00')"
    return name


def settle(my):
    """Lets MariaDB write its dirty pages and purge, so that no run pays for the making of the data."""
    my.run("SET GLOBAL innodb_max_dirty_pages_pct = 0")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        dirty = int(my.rows("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")[0][1])
        if dirty < 200:
            break
        time.sleep(0.5)
    my.run("SET GLOBAL innodb_max_dirty_pages_pct = 90")


def build(name, workdir):
    """Compiles NAME.c of this folder; returns the path of the program."""
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libmariadb", "libpq"], capture_output=True,
                           check=True, text=True).stdout.split() if name == "limit" else []
    subprocess.run(["cc", "-O2", "-std=gnu11", "-o", str(workdir / name), str(HERE / f"{name}.c"), *flags, "-pthread"],
                   check=True)
    return workdir / name
