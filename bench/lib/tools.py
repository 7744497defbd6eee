"""The tools that are measured. Each is a function (context, case) -> Measure; adding one is adding a function
and its line in TOOLS."""

import configparser
import dataclasses
import os
import pathlib

import measure

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent
TARGET = "bench_target"


@dataclasses.dataclass
class Case:
    """A data set and the pair of engines that it is carried between."""
    name: str
    pair: str        # "MariaDB -> PostgreSQL" or "PostgreSQL -> PostgreSQL"
    dataset: object

    @property
    def from_postgres(self):
        return self.pair.startswith("PostgreSQL")


@dataclasses.dataclass
class Context:
    my: object
    pg: object
    workdir: pathlib.Path
    limit: pathlib.Path   # the compiled limit.c
    meter: pathlib.Path   # the compiled meter.c
    whimbrel: pathlib.Path
    jobs: int

    def source_url(self, case):
        return self.pg.url(case.dataset.recorded) if case.from_postgres else self.my.url(case.dataset.database)

    def measure(self, name, argv, env=None):
        """Runs one command; its output goes to NAME.log. Returns (Measure, exit code)."""
        return measure.run(self.meter, argv, self.workdir / f"{name}.log", env)


def _checked(context, case, result):
    """A tool's word is not enough: what must be in the target is counted, outside the timing."""
    if result.status == "ok":
        wrong = case.dataset.check(TARGET)
        if wrong:
            result.status, result.note = "failed", "; ".join(wrong)
    return result


# ---- the limit ----

def limit(context, case):
    """The slower of reading alone and writing alone, plus the indexes alone."""
    data, target = case.dataset, context.pg.url(TARGET)
    context.pg.recreate(TARGET)
    context.pg.run(data.schema_sql(), TARGET)
    if case.from_postgres:
        read = [context.limit, "pgread", context.source_url(case)] + data.tables
    else:
        read = [context.limit, "read", context.my.socket, data.database] + data.tables
    steps = {"read": read,
             "write": [context.limit, "write", target, data.copies] + data.tables,
             "index": [context.limit, "index", target, data.index_file, 2]}
    total = measure.Measure()
    for name, argv in steps.items():
        part, _ = context.measure(f"limit-{name}", argv)
        if part.status != "ok":
            return part
        total.parts[name] = part.wall_s
        total.cpu_s += part.cpu_s
        total.rss_mib = max(total.rss_mib, part.rss_mib)
    total.wall_s = max(total.parts["read"], total.parts["write"]) + total.parts["index"]
    total.note = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in total.parts.items())
    return _checked(context, case, total)


# ---- whimbrel ----

def _whimbrel(context, case, options):
    if not os.access(context.whimbrel, os.X_OK):
        return measure.Measure.skipped(f"{context.whimbrel.name} is not built: make build")
    context.pg.recreate(TARGET)
    result, code = context.measure("whimbrel", [context.whimbrel, "copy", "--jobs", context.jobs, *options,
                                                context.source_url(case), context.pg.url(TARGET)])
    if code == 2 and case.from_postgres:
        return measure.Measure.skipped("whimbrel copy does not know this pair yet")
    return _checked(context, case, result)


def whimbrel(context, case):
    return _whimbrel(context, case, ["--no-proof"])


def whimbrel_proof(context, case):
    return _whimbrel(context, case, [])


# ---- pgloader ----

def pgloader(context, case, setting="best"):
    """pgloader/copy.load with the options of one section of pgloader/settings.ini; "best" is the case's own."""
    if case.from_postgres:
        return measure.Measure.skipped("its best case is MySQL to PostgreSQL")
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(HERE / "pgloader" / "settings.ini")
    chosen = settings[settings["best"][case.dataset.name] if setting == "best" else setting]
    context.pg.recreate(TARGET)
    env = {"MY_SOCKET": context.my.socket, "MY_DATABASE": case.dataset.database, "PG_DIRECTORY": context.pg.host,
           "PG_PORT": context.pg.port, "PG_DATABASE": TARGET, "OPTIONS": " ".join(chosen["with"].split())}
    heap = ["--dynamic-space-size", chosen["heap_mib"]] if "heap_mib" in chosen else []
    result, _ = context.measure("pgloader", ["pgloader", *heap, "--root-dir", context.workdir / "pgloader",
                                             HERE / "pgloader" / "copy.load"], env)
    return _checked(context, case, result)


# ---- pgcopydb ----

def pgcopydb(context, case):
    if not case.from_postgres:
        return measure.Measure.skipped("PostgreSQL to PostgreSQL only")
    context.pg.recreate(TARGET)
    result, _ = context.measure("pgcopydb", ["pgcopydb", "clone", "--source", context.source_url(case),
                                             "--target", context.pg.url(TARGET), "--table-jobs", context.jobs,
                                             "--index-jobs", context.jobs, "--restart",
                                             "--dir", context.workdir / "pgcopydb"])
    return _checked(context, case, result)


TOOLS = {"limit": limit, "whimbrel": whimbrel, "whimbrel+proof": whimbrel_proof, "pgloader": pgloader,
         "pgcopydb": pgcopydb}


def for_case(case):
    """The tools that can do this case, in the order they take turns."""
    if case.name == "verify":
        return verify.USUAL
    return ["limit", "whimbrel", "whimbrel+proof", "pgcopydb" if case.from_postgres else "pgloader"]


def run(context, case, spec):
    """Runs one tool once; spec is its name, or pgloader:SETTING."""
    name, _, setting = spec.partition(":")
    if case.name == "verify":
        return verify.TOOLS[name](context, case)
    return TOOLS[name](context, case, setting) if setting else TOOLS[name](context, case)


import verify  # noqa: E402  (it uses what is above)
