#!/usr/bin/env python3
"""Eight mock providers with limits nobody is told of, and more requests than they allow: how many calls are wasted on a 429, and how much is used?

Runs in real time, so minutes are needed; limits of a day are only seen to be used up and then left alone. (The same for weeks, on a clock of its own:
HiddenLimitTests.)

    hidden_limits.py --best .build/release/best --seconds 420
"""
import argparse, asyncio, json, os, shutil, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chaos import Client, Mock  # noqa: E402

# name, the mock's quota, the requests and seconds of it, whether the 429 says when to come back, keys
LIMITS = [
    ("rolling-told", "rolling:30/60,retry-after=1", 30, 60, 1), ("rolling-silent", "rolling:40/60", 40, 60, 1),
    ("aligned-told", "aligned:20/60,retry-after=1", 20, 60, 1), ("fixed-silent", "fixed:40/60", 40, 60, 1),
    ("account-silent", "account:rolling:40/60", 40, 60, 2), ("account-told", "account:aligned:50/60,retry-after=1", 50, 60, 2),
    ("daily-told", "aligned:200/86400,retry-after=1", 200, 86400, 1), ("account-daily-told", "account:fixed:250/86400,retry-after=1", 250, 86400, 2),
]


async def demand(port, name, until):
    """One request after the other, as fast as the gateway lets them through; what it refuses by itself costs the provider nothing."""
    client = Client(port)
    while time.monotonic() < until:
        await client.send({"model": name, "messages": []}, ["x-best-wait: 0"])
        status, head = await client.head()
        await client.reader.readexactly(int(head["content-length"]))
        await asyncio.sleep(0.05 if status == 200 else 0.1)
    client.close()


async def run(options):
    folder = tempfile.mkdtemp(prefix="best-limits-")
    mocks, gateway = [Mock(options.best, index, 1) for index in range(len(LIMITS))], None
    try:
        for mock, (name, quota, *_) in zip(mocks, LIMITS):
            await mock.start()
            await mock.become(f"quota={quota},tokens=3,delay=exp:50,ttft=0")
        lines = ["providers:"]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder}
        for mock, (name, _, _, _, keys) in zip(mocks, LIMITS):
            variables = [f"KEY_{mock.index}_{key}" for key in range(keys)]
            environment.update({variable: f"secret-{variable}" for variable in variables})
            lines += [f"  - name: {name}", f"    base_url: http://127.0.0.1:{mock.port}/v1", f"    api_key_env_var: [{', '.join(variables)}]",
                      f"    models: [{{id: chat, aliases: [{name}-m]}}]"]
        with open(f"{folder}/meta-providers.yaml", "w") as file:
            file.write("\n".join(lines) + "\n")
        gateway = await asyncio.create_subprocess_exec(
            options.best, "serve", "--config", folder, "--port", "0", "--quiet", cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE)
        port = 0
        while not port:
            line = (await gateway.stderr.readline()).decode()
            if not line:
                sys.exit("the gateway did not start")
            if " on http://127.0.0.1:" in line:
                port = int(line.split(" on http://127.0.0.1:")[1].split("/")[0])
        began = time.monotonic()
        await asyncio.gather(*(demand(port, f"{name}-m", began + options.seconds) for name, *_ in LIMITS for _ in range(2)))
        wasted = admitted = 0
        failed = False
        for mock, (name, _, requests, seconds, _) in zip(mocks, LIMITS):
            await mock.take_journal()
            judged = [entry for entry in mock.journal if entry[0] > began + options.learning or seconds > options.seconds]
            refused = sum(entry[3] == 429 for entry in judged)
            passed = len(judged) - refused
            # From the first call to the last, and one window: what a window allows may be used up at its beginning.
            times = [entry[0] for entry in judged if entry[3] != 429]
            allowance = requests if seconds > options.seconds else requests * ((max(times) - min(times)) / seconds + 1)
            print(f"{name:20} let in {passed:5} ({passed / allowance:6.1%} of the allowance), wasted {refused:3} ({refused / max(1, len(judged)):.2%})")
            wasted, admitted = wasted + refused, admitted + passed
            failed = failed or passed / allowance < 0.9
        share = wasted / max(1, wasted + admitted)
        print(f"all together: {wasted} of {wasted + admitted} calls wasted ({share:.2%})")
        gateway.terminate()
        await gateway.wait()
        return 1 if failed or share >= 0.02 else 0
    finally:
        for mock in mocks:
            await mock.stop()
        if gateway and gateway.returncode is None:
            gateway.kill()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--best", required=True)
    parser.add_argument("--seconds", type=float, default=420)
    parser.add_argument("--learning", type=float, default=130, help="what is not judged at the beginning")
    options = parser.parse_args()
    options.best = os.path.abspath(options.best)
    sys.exit(asyncio.run(run(options)))


if __name__ == "__main__":
    main()
