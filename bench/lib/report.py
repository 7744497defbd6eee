"""Medians, ratios and goals of a run, as a Markdown table and as JSON lines."""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

import verify

# By data set: at least so many times pgloader's speed. The others hold for every data set.
TIMES_PGLOADER = {"employees": 5.5, "wide": 4.0, "mixed": 3.0}
OF_LIMIT = 1.25
PROOF_FACTOR = 1.5
RSS_MIB = 256


def first_line(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
    except OSError:
        return "absent"
    return (done.stdout or done.stderr).strip().partition("\n")[0]


def machine(whimbrel):
    """What the figures depend on beside the servers' settings."""
    cpu = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(), "cpu": cpu,
            "memory_gib": round(memory_gib, 1), "kernel": platform.release(), "load_1min": os.getloadavg()[0],
            "commit": first_line("git", "rev-parse", "--short", "HEAD"),
            "whimbrel": first_line(str(whimbrel), "--version"), "pgloader": first_line("pgloader", "--version"),
            "pgcopydb": first_line("pgcopydb", "--version")}


class Summary:
    """The median of one tool's good rounds of one case; a tool that failed in any round has failed."""

    def __init__(self, tool, measures):
        self.tool, self.rounds = tool, len(measures)
        bad = [measure for measure in measures if measure.status != "ok"]
        self.status = bad[0].status if bad else "ok"
        self.note = bad[0].note if bad else measures[-1].note
        self.walls = [measure.wall_s for measure in measures]
        self.wall_s = statistics.median(self.walls)
        self.cpu_s = statistics.median(measure.cpu_s for measure in measures)
        self.rss_mib = max(measure.rss_mib for measure in measures)
        if self.tool in ("limit", "read") and self.status == "ok":
            parts = {name: statistics.median(measure.parts[name] for measure in measures) for name in measures[0].parts}
            self.note = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in parts.items())


def peer_of(case, summaries):
    """The peer's summary, the fastest where several of its settings ran; None if none of them came through."""
    name = "pgcopydb" if case.from_postgres else "pgloader"
    good = [one for spec, one in summaries.items() if spec.partition(":")[0] == name and one.status == "ok"]
    return min(good, key=lambda one: one.wall_s, default=None)


def goals(case, summaries):
    """[(goal, figure or None, met or None)] for one case; None where a tool is missing."""
    def wall(tool):
        found = summaries.get(tool)
        return found.wall_s if found and found.status == "ok" else None

    def ratio(above, below):
        return above / below if above and below else None

    if case.name == "verify":
        return verify.goals(summaries, os.cpu_count())
    base = "whimbrel"
    rss = [summaries[tool].rss_mib for tool in (base, "whimbrel+proof")
           if tool in summaries and summaries[tool].status == "ok"]
    wanted = TIMES_PGLOADER[case.dataset.name]
    peer = peer_of(case, summaries)
    faster = ratio(peer.wall_s if peer else None, wall(base))
    of_limit = ratio(wall(base), wall("limit"))
    proof = ratio(wall("whimbrel+proof"), wall(base))
    rows = [(f"at most {OF_LIMIT} times the limit", of_limit, of_limit and of_limit <= OF_LIMIT),
            (f"with proof at most {PROOF_FACTOR} times as long", proof, proof and proof <= PROOF_FACTOR),
            (f"peak memory at most {RSS_MIB} MiB", max(rss) if rss else None, max(rss) <= RSS_MIB if rss else None)]
    if not case.from_postgres:
        rows.insert(0, (f"at least {wanted} times pgloader's speed", faster, faster and faster >= wanted))
    return rows


def _cell(value, form="{:.2f}"):
    return "–" if value is None else form.format(value)


def case_markdown(case, summaries):
    """summaries: {tool: Summary} in the order of the table."""
    data = case.dataset
    peer = peer_of(case, summaries)
    limit = summaries.get("limit")
    lines = [f"### {case.name}: {case.pair}, {data.rows:,} rows, {len(data.tables)} table(s)", "",
             "| tool | wall s | slowest–fastest | CPU s / M rows | peak MiB | times as fast as "
             f"{peer.tool if peer else 'the peer'} | of the limit | note |",
             "|---|--:|--:|--:|--:|--:|--:|---|"]
    for tool, one in summaries.items():
        if one.status != "ok":
            lines.append(f"| {tool} | {one.status} | – | – | – | – | – | {one.note} |")
            continue
        times = peer.wall_s / one.wall_s if peer else None
        part = one.wall_s / limit.wall_s if limit and limit.status == "ok" else None
        lines.append(f"| {tool} | {one.wall_s:.2f} | {max(one.walls):.2f}–{min(one.walls):.2f} | "
                     f"{one.cpu_s / data.rows * 1e6:.2f} | {one.rss_mib:.0f} | {_cell(times)} | {_cell(part)} | "
                     f"{one.note} |")
    lines += ["", "| goal | measured | |", "|---|--:|---|"]
    for goal, figure, met in goals(case, summaries):
        verdict = "not measured" if figure is None else "met" if met else "missed"
        lines.append(f"| {goal} | {_cell(figure)} | {verdict} |")
    return "\n".join(lines) + "\n"


def head_markdown(facts, settings, options):
    lines = ["# Benchmark", "", f"{facts['date']}, commit {facts['commit']}; {options}.", "",
             f"- machine: {facts['cores']} cores ({facts['cpu']}), {facts['memory_gib']} GiB, Linux {facts['kernel']}; "
             f"load before the run {facts['load_1min']:.2f}",
             f"- tools: {facts['whimbrel']}; {facts['pgloader']}; {facts['pgcopydb']}"]
    for name, values in settings.items():
        lines.append(f"- {name}: " + ", ".join(f"{key}={value}" for key, value in values.items()))
    lines += ["", "Wall seconds are the median of the rounds; the tools take turns. CPU and memory are the tool's own "
              "processes, the servers not counted. The limit is the slower of reading alone and writing alone (one "
              "stream each), plus the indexes alone by two jobs.", ""]
    return "\n".join(lines) + "\n"


def json_line(stream, event, **fields):
    stream.write(json.dumps({"format": 1, "event": event, **fields}) + "\n")
    stream.flush()
