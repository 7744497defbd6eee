"""The case "plan": checking a long plan, and what a run does beside its steps: flags, observations, triggers.

All of it goes through the program itself. The runner has one core (taskset), its clients the others; where there is one
core only, they share it.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import statistics
import subprocess
import time

import data

LINES = 2000
CHECK_MS = 100
EVALUATIONS = 50_000
P99_MS = 5.0
OBSERVATIONS = 10_000
RSS_MIB = 64
ACT_S = 2.0
CONNECTIONS = 16
TOKEN = "bench-token-0123456789"
FLAG = "shop_reads"

RAMP = """---
whimbrel: 1
source: sqlite:{folder}/shop.db
target: sqlite:{folder}/shop.db
flag: shop_reads
metrics:
  error rate: observe
  P99: observe
---
# A ramp

## Phase 1: Ramp

| Stage | Traffic | Duration | Gate |
|---|---|---|---|
| Half | 50% | 48 hours | error rate < 1%, P99 < 900 ms |
| All | 100% | 48 hours | error rate < 1%, P99 < 900 ms |

**Rollback trigger**: error rate > 5%
"""

HEAD = """---
whimbrel: 1
source: mysql://app@db/shop
target: postgresql://app@db/shop
flag: shop_reads
traffic:
  reads: 10,000/min
metrics:
  error rate: observe
  P99: observe
---
# A long plan
"""

PHASE = """
## Phase {n}: Part {n} (Days {n}-{n})

The tables of part {n} belong to one team. What is said here is for people, and is read as well: rows are moved in
small batches, and nobody is to notice.

**Entry criteria**: replica lag < 5 s, error rate < 0.1%

1. Make the table

   ```sql step=up timeout=30s lock_timeout=3s
   CREATE TABLE part_{n} (
     id bigint PRIMARY KEY,
     name text NOT NULL,
     made_at timestamptz NOT NULL DEFAULT now()
   );
   ```

   ```sql step=verify
   SELECT count(*) FROM information_schema.tables WHERE table_name = 'part_{n}'
   -- Must return 1
   ```

   ```sql step=down
   DROP TABLE part_{n};
   ```

2. Tell the team of part {n}

**Integrity check**: row count match, spot-check 2,000 random rows

| Stage | Traffic | Duration | Gate |
|---|---|---|---|
| Few | 1% | 2 hours | error rate < 0.1%, P99 < 15 ms |
| More | 10% | 12 hours | error rate < 0.1%, P99 < 15 ms |
| All | 100% | 48 hours soak | error rate < 0.1%, P99 within 10% of baseline |

**Rollback trigger**: replica lag exceeds 30 seconds sustained, error rate above 0.5% for 10 minutes. Action: flip
feature flag off, page on-call

**Rollback**: flip feature flag off

**Sign-off**: from data lead
"""


def long_plan():
    lines = HEAD.splitlines()
    number = 0
    while len(lines) < LINES:
        number += 1
        lines += PHASE.format(n=number).splitlines()
    return "\n".join(lines[:LINES]) + "\n"


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def _core(client):
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[-1 if client else 0])]


class Runner:
    """whimbrel run --listen over a ramp of its own, until the with-block ends."""

    def __init__(self, whimbrel, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        sqlite3.connect(self.folder / "shop.db").execute("CREATE TABLE people (id INTEGER PRIMARY KEY)").connection.close()
        (self.folder / "plan.md").write_text(RAMP.format(folder=self.folder))
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            _core(False) + [str(whimbrel), "run", str(self.folder / "plan.md"), "--listen", "0"], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, env={**os.environ, "WHIMBREL_TOKEN": TOKEN})
        self.port, self.asked = None, 0.0

    def __enter__(self):
        try:
            self._await("listening", lambda: "listening on" in self._said())
            self.port = int(self._said().split("listening on http://", 1)[1].split()[0].rpartition(":")[2])
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self._await("serving the ramp", lambda: self.metric(f'whimbrel_flag_share_ratio{{flag="{FLAG}"}}') == 0.5)
            self._await("judging the gate", lambda: self.metric(
                'whimbrel_trigger_armed{phase="1",trigger="trigger.1"}') == 1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()

    def _said(self):
        return (self.folder / "log").read_text(errors="replace")

    def _await(self, what, holds):
        end = time.monotonic() + 60
        while not holds():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"the run is not {what}: {self._said()[-500:]}")
            time.sleep(0.02)

    def ask(self, method, path, body=None):
        if time.monotonic() - self.asked > 5:  # the server ends connections on which nothing moves
            self.connection.close()
        self.asked = time.monotonic()
        self.connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def metrics(self):
        return self.ask("GET", "/metrics")[1].decode()

    def metric(self, name):
        return next((float(line.rpartition(" ")[2]) for line in self.metrics().splitlines()
                     if line.startswith(name + " ")), None)

    def counted(self):
        return sum(float(line.rpartition(" ")[2]) for line in self.metrics().splitlines()
                   if line.startswith("whimbrel_observations_total{"))

    def rss_mib(self):
        """Present and highest resident memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        of = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith("Vm")}
        return int(of["VmRSS"]) / 1024, int(of["VmHWM"]) / 1024

    def report(self, n, errors):
        batch = [{"side": "new", "operation": "read", "outcome": "error" if i < errors else "ok", "latency_ms": 3}
                 for i in range(n)]
        status, body = self.ask("POST", "/v1/observations", json.dumps(batch))
        if status != 200:
            raise RuntimeError(f"observations: {status} {body}")

    def is_off(self):
        status, body = self.ask("POST", f"/ofrep/v1/evaluate/flags/{FLAG}", "{}")
        answer = json.loads(body)
        return answer["reason"] == "STATIC" and answer["value"] is False


def check_ms(whimbrel, workdir, rounds):
    path = workdir / "long.md"
    path.write_text(long_plan())
    times = []
    for _ in range(rounds):
        begun = time.monotonic()
        done = subprocess.run([str(whimbrel), "check", "--offline", str(path)], capture_output=True, text=True)
        times.append((time.monotonic() - begun) * 1000)
        if done.returncode not in (0, 3) or "phases:" not in done.stdout:
            raise RuntimeError(f"check: exit {done.returncode}: {done.stderr[-300:]}")
        if ", 0 errors" not in done.stdout.replace("; ", ", "):
            raise RuntimeError("the generated plan has errors: " + done.stdout[-600:])
    return times


def _client(program, *args):
    out = subprocess.run(_core(True) + [str(program), *map(str, args)], capture_output=True, text=True,
                         env={**os.environ, "WHIMBREL_TOKEN": TOKEN})
    if out.returncode != 0:
        raise RuntimeError(out.stderr.strip())
    words = out.stdout.replace(",", "").replace(";", "").split()
    after = {word: words[i + 1] for i, word in enumerate(words[:-1])}
    return {"rate": float(words[words.index("requests") + 1].rstrip("/s")), "p50": float(after["P50"]),
            "p99": float(after["P99"]), "longest": float(after["longest"]), "accepted": int(after.get("accepted", 0)),
            "accepted_rate": float(words[-1].rstrip("/s"))}


def act_s(whimbrel, folder, delay_s):
    """From the request that completes the trigger's condition to the flag that is served as off."""
    with Runner(whimbrel, folder) as runner:
        runner.report(400, 0)
        time.sleep(delay_s)  # so that the moment within the runner's round differs from one repetition to the next
        begun = time.monotonic()
        runner.report(100, 100)
        while not runner.is_off():
            if time.monotonic() - begun > 30:
                raise RuntimeError("the trigger did not act within 30 s")
            time.sleep(0.002)
        return time.monotonic() - begun


def measure(args, workdir, say):
    """{name: figures} of this case."""
    client = data.build("http", workdir)
    quick = args.quick
    seconds, repetitions = (1, 3) if quick else (5, 20)
    chance = random.Random(1)
    figures = {"check_ms": check_ms(args.whimbrel, workdir, 5 if quick else 25)}
    with Runner(args.whimbrel, workdir / "served") as runner:
        time.sleep(1)
        figures["rss_idle"] = runner.rss_mib()
        for connections in (1, CONNECTIONS, 64):
            figures[f"flags_{connections}"] = _client(client, "flags", runner.port, connections, seconds, FLAG)
            say(f"plan flags, {connections} connections: {figures[f'flags_{connections}']}")
        before, accepted = runner.counted(), 0
        for batch in (1, 100):
            one = _client(client, "observe", runner.port, CONNECTIONS, seconds, batch)
            figures[f"observe_{batch}"] = one
            accepted += one["accepted"]
            say(f"plan observations, {batch} a request: {one}")
        figures["lost"] = accepted - (runner.counted() - before)
        figures["rss_after"] = runner.rss_mib()
    figures["act_s"] = [act_s(args.whimbrel, workdir / f"act{i}", chance.random()) for i in range(repetitions)]
    say("plan trigger to flag off, s: " + " ".join(f"{one:.2f}" for one in figures["act_s"]))
    return figures


def goals(f):
    flags = f[f"flags_{CONNECTIONS}"]
    observe = f["observe_1"]
    check = statistics.median(f["check_ms"])
    rss = f["rss_idle"][0]
    return [(f"check --offline of {LINES:,} lines under {CHECK_MS} ms", f"{check:.1f} ms", check < CHECK_MS),
            (f"at least {EVALUATIONS:,} flag evaluations/s on one core, {CONNECTIONS} connections",
             f"{flags['rate']:,.0f}/s", flags["rate"] >= EVALUATIONS),
            (f"of which P99 under {P99_MS:g} ms", f"{flags['p99']:.2f} ms", flags["p99"] < P99_MS),
            (f"at least {OBSERVATIONS:,} observations/s, one a request", f"{observe['accepted_rate']:,.0f}/s",
             observe["accepted_rate"] >= OBSERVATIONS),
            ("accepted observations that were not counted: none", f"{f['lost']:.0f}", f["lost"] == 0),
            (f"runner idle in a ramp under {RSS_MIB} MiB", f"{rss:.1f} MiB", rss < RSS_MIB),
            (f"a trigger acts within {ACT_S:g} s of the sample that completes its condition",
             f"{max(f['act_s']):.2f} s", max(f["act_s"]) <= ACT_S)]


def markdown(f):
    lines = ["### plan: check, flags, observations, triggers", "", "| measured | |", "|---|---|",
             f"| check --offline, {LINES:,} lines | median {statistics.median(f['check_ms']):.1f} ms, longest "
             f"{max(f['check_ms']):.1f} ms of {len(f['check_ms'])} |"]
    for name, one in f.items():
        kind, _, n = name.partition("_")
        if kind == "flags":
            lines.append(f"| flag evaluations, {n} connection(s) | {one['rate']:,.0f}/s; P50 {one['p50']:.2f}, P99 "
                         f"{one['p99']:.2f}, longest {one['longest']:.2f} ms |")
        elif kind == "observe":
            lines.append(f"| observations, {n} a request, {CONNECTIONS} connections | {one['accepted_rate']:,.0f}/s; P99 "
                         f"{one['p99']:.2f} ms |")
    acts = f["act_s"]
    lines += [f"| resident memory of the runner | idle {f['rss_idle'][0]:.1f} MiB, after all of that "
              f"{f['rss_after'][0]:.1f} (highest {f['rss_after'][1]:.1f}) |",
              f"| from the request to the flag that is off, {len(acts)} times | least {min(acts):.2f}, median "
              f"{statistics.median(acts):.2f}, P90 {quantile(acts, 0.9):.2f}, longest {max(acts):.2f} s |",
              "", "| goal | measured | |", "|---|--:|---|"]
    lines += [f"| {goal} | {figure} | {'met' if met else 'missed'} |" for goal, figure, met in goals(f)]
    return "\n".join(lines) + "\n"
