#!/usr/bin/env python3
"""Lets time pass for a run that listens and whose clock is WHIMBREL_TEST_CLOCK, and reports for its application.

drive.py PORT PLAN --until EXPRESSION [--step SECONDS] [--limit TURNS] [--report OPERATION:SIDE:OUTCOME:MS:N ...] [--approve]

Each turn moves the clock, reports, and waits until the run has turned twice. Ends with 0 when EXPRESSION is true of
the run's status: s (all of it), next (what it waits for), stage (its name under way, or ""), turn; 1 after TURNS turns.
With --approve it confirms every step and signs for every role that the run waits for, and prints each.
"""
import argparse, http.client, json, os, re, subprocess, sys, time

p = argparse.ArgumentParser()
p.add_argument("port", type=int)
p.add_argument("plan")
p.add_argument("--until", required=True)
p.add_argument("--step", type=float, default=25)
p.add_argument("--limit", type=int, default=15000)
p.add_argument("--report", action="append", default=[])
p.add_argument("--approve", action="store_true")
o = p.parse_args()
token = os.environ["WHIMBREL_TOKEN"]
clock = os.environ["WHIMBREL_TEST_CLOCK"]
server = http.client.HTTPConnection("127.0.0.1", o.port, timeout=60)


def ask(method, path, body=None):
    """A connection that the server has ended is opened again."""
    for attempt in range(3):
        try:
            server.request(method, path, body, {"Authorization": "Bearer " + token})
            answer = server.getresponse()
            return answer.status, answer.read().decode()
        except (http.client.HTTPException, ConnectionError):
            server.close()
            if attempt == 2:
                raise


def report_body():
    items = []
    for r in o.report:
        operation, side, outcome, ms, n = r.split(":")
        one = {"operation": operation, "side": side, "outcome": outcome}  # MS says nothing of a shadow
        if operation != "shadow":
            one["latency_ms"] = float(ms)
        items += [one] * int(n)
    return json.dumps(items) if items else None


def turns():
    return int(re.search(r"^whimbrel_run_ticks_total(?:{[^}]*})? (\d+)", ask("GET", "/metrics")[1], re.M).group(1))


def stage_of(s):
    for phase in s["phases"]:
        for item in phase.get("items", []):
            if item["id"].startswith("stage.") and item["state"] == "running":
                return item.get("text", item["id"])
    return ""


def unsigned(s):
    for phase in s["phases"]:
        if phase["state"] not in ("done", "waiting", "rolled_back"):
            return [r["role"] for r in phase["sign_offs"] if not r["signed"]]
    return []


def approve(s, waits):
    """True where somebody had to say something, and has."""
    step = re.search(r"then: whimbrel approve .* --step (\S+)", waits)
    roles = unsigned(s) if re.search("sign", waits, re.I) or " --as " in waits else []
    if not step and not roles:
        return False
    args = ["--step", step.group(1)] if step else ["--as", roles[0]]
    done = subprocess.run([os.environ["WHIMBREL"], "approve", o.plan, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    print("approved" if done.returncode == 0 else "REFUSED", *args, "for", waits, done.stdout.strip() if done.returncode else "")
    return done.returncode == 0


def over():
    """Whether EXPRESSION is true; a run that has ended is asked by its journal."""
    try:
        text = ask("GET", "/v1/status")[1]
    except OSError:
        text = subprocess.run([os.environ["WHIMBREL"], "status", o.plan, "--json"], stdout=subprocess.PIPE, text=True).stdout
        s = json.loads(text)
        return bool(eval(o.until, {}, {"s": s, "next": s.get("next") or "", "stage": "", "turn": turn})) or sys.exit(
            "the run has ended: " + text[:600])
    s = json.loads(text)
    if "phases" not in s:
        return False  # it listens, and has not begun yet
    waits = s.get("next") or ""
    if eval(o.until, {}, {"s": s, "next": waits, "stage": stage_of(s), "turn": turn}):
        return True
    return o.approve and approve(s, waits) and over()


body = report_body()
turn = 0
for turn in range(o.limit):
    if over():
        sys.exit(0)
    try:
        seconds = float(open(clock).read()) + o.step
        with open(clock + ".new", "w") as f:
            f.write("%.3f\n" % seconds)
        os.replace(clock + ".new", clock)
        if body:
            status, text = ask("POST", "/v1/observations", body)
            if status >= 300:
                sys.exit("not accepted: " + text)
        before = turns()
        while turns() < before + 2:
            time.sleep(0.002)
    except OSError:
        continue  # the run has ended: over() says whether it should have
sys.exit("not so after %d turns: %s" % (o.limit, ask("GET", "/v1/status")[1][:2000]))
