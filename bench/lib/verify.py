"""The case "verify": what it takes to compare the wide table on both sides, and what it is measured against.

The target is a copy that whimbrel made in the same run ("copy", the tuned copy without proof); then the tools take turns
on the same two tables. Nothing is written between them but the one value that "one-row" changes and puts back.
"""

import measure
import tools

TARGET = tools.TARGET
READ_FACTOR = {True: 1.4, False: 1.8}  # by: four cores or more
COPY_FACTOR = 0.6
MD5_FACTOR = 3.5
ONE_ROW_FACTOR = 1.2
RSS_MIB = 128


def _columns(my, database, table):
    return [row[0] for row in my.rows("SELECT column_name FROM information_schema.columns "
                                      f"WHERE table_schema = '{database}' AND table_name = '{table}' "
                                      "ORDER BY ordinal_position")]


def read(context, case):
    """The slower side's plain binary read, one session a side, one after the other."""
    data = case.dataset
    sides = {"source": [context.limit, "read", context.my.socket, data.database] + data.tables,
             "target": [context.limit, "pgread", context.pg.url(TARGET)] + data.tables}
    total = measure.Measure()
    for name, argv in sides.items():
        part, _ = context.measure(f"read-{name}", argv)
        if part.status != "ok":
            return part
        total.parts[name] = part.wall_s
        total.rss_mib = max(total.rss_mib, part.rss_mib)
        total.cpu_s += part.cpu_s
    total.wall_s = max(total.parts.values())
    total.note = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in total.parts.items())
    return total


def md5(context, case):
    """The servers' own MD5 over the same columns, one session a side, both at once; nothing is compared."""
    data, table = case.dataset, case.dataset.tables[0]
    # A separator between columns and a mark for NULL: the least that tells rows apart.
    my = ", ".join(f"COALESCE(`{c}`, '~')" for c in _columns(context.my, data.database, table))
    pg = ", ".join(f"coalesce(\"{c}\"::text, '~')" for c in _columns(context.my, data.database, table))
    my_sql = (f"SELECT COUNT(*), SUM(CAST(CONV(LEFT(MD5(CONCAT_WS('#', {my})), 15), 16, 10) AS UNSIGNED)), "
              f"SUM(CAST(CONV(RIGHT(MD5(CONCAT_WS('#', {my})), 15), 16, 10) AS UNSIGNED)) FROM `{table}`")
    pg_sql = ("SELECT count(*), sum(('x0' || left(m, 15))::bit(64)::bigint), sum(('x0' || right(m, 15))::bit(64)::bigint) "
              f"FROM (SELECT md5(concat_ws('#', {pg})) AS m FROM \"{table}\" OFFSET 0) AS rows")
    (context.workdir / "md5.my.sql").write_text(my_sql + ";\n")
    (context.workdir / "md5.pg.sql").write_text("SET max_parallel_workers_per_gather = 0;\n" + pg_sql + ";\n")
    script = ('mariadb --no-defaults -S "$1" -uroot -N -B "$2" < "$3" & one=$!; psql -X -q -A -t -v ON_ERROR_STOP=1 '
              '-f "$5" "$4" & two=$!; wait $one && wait $two')
    result, _ = context.measure("md5", ["bash", "-c", script, "md5", context.my.socket, data.database,
                                        context.workdir / "md5.my.sql", context.pg.url(TARGET),
                                        context.workdir / "md5.pg.sql"])
    result.rss_mib = 0.0  # of the two clients: says nothing
    return result


def copy(context, case):
    return tools.whimbrel(context, case)


def _verify(context, case, wanted_code, *options):
    result, code = context.measure("verify", [context.whimbrel, "verify", "--jobs", context.jobs, "--levels",
                                              "digests", *options, context.source_url(case),
                                              context.pg.url(TARGET)])
    if code == wanted_code:
        result.status, result.note = "ok", ""
    elif code == 0:
        result.status, result.note = "failed", "exit 0, although a row differs"
    return result


def verify(context, case):
    return _verify(context, case, 0)


def verify_server(context, case):
    return _verify(context, case, 0, "--mode", "server")


def one_row(context, case):
    """One value of one row in the middle is another one; the run must name the row."""
    table = case.dataset.tables[0]
    key = case.dataset.rows // 2 + 1
    context.pg.run(f'UPDATE "{table}" SET quantity = quantity + 1000 WHERE id = {key}', TARGET)
    try:
        result = _verify(context, case, 1)
        log = (context.workdir / "verify.log").read_text(errors="replace")
        if result.status == "ok" and f"id = {key}" not in log:
            result.status, result.note = "failed", "the row was not named"
    finally:
        context.pg.run(f'UPDATE "{table}" SET quantity = quantity - 1000 WHERE id = {key}', TARGET)
        context.pg.run(f'VACUUM "{table}"', TARGET)
    return result


TOOLS = {"copy": copy, "read": read, "md5": md5, "verify": verify, "verify-server": verify_server,
         "one-row": one_row}
USUAL = ["copy", "read", "md5", "verify", "one-row"]


def goals(summaries, cores):
    """[(goal, figure or None, met or None)]"""
    def wall(tool):
        found = summaries.get(tool)
        return found.wall_s if found and found.status == "ok" else None

    def row(text, above, below, limit, at_least=False):
        figure = above / below if above and below else None
        met = None if figure is None else figure >= limit if at_least else figure <= limit
        return text, figure, met

    factor = READ_FACTOR[cores >= 4]
    rss = max((summaries[tool].rss_mib for tool in ("verify", "one-row") if tool in summaries), default=None)
    return [row(f"full digests in at most {factor} times the slower side's plain read", wall("verify"), wall("read"), factor),
            row(f"in at most {COPY_FACTOR} of the time of the tuned copy", wall("verify"), wall("copy"), COPY_FACTOR),
            row(f"at least {MD5_FACTOR} times faster than the servers' own MD5", wall("md5"), wall("verify"), MD5_FACTOR, True),
            row(f"one differing row found and named in at most {ONE_ROW_FACTOR} times that", wall("one-row"),
                wall("verify"), ONE_ROW_FACTOR),
            (f"peak memory at most {RSS_MIB} MiB", rss, rss is not None and rss <= RSS_MIB)]
