// npm's `@pagerduty/pdjs`, as its users use it: node pd_js.mjs WORKLOAD BASE [OPTIONS]
// The client keeps PagerDuty's own URLs, without which its `all` finds no records, and the connections of its agent lead
// to the server on this machine. The agent keeps them alive, which the client by itself does not. `walk` is `all`; with
// `--in-flight N`, which the client does not offer, N promises read the pages of one list.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";

// Installed by host-test/clients, which pins it.
const pdjs = createRequire(new URL("../../host-test/clients/", import.meta.url))("@pagerduty/pdjs");

// As bench/src/records.rs makes them, in milliseconds.
const BEGINNING = 1_735_689_600_000;
const STEP = 30_000;
// As many records as PagerDuty lists at once.
const LISTED = 10_000;
// Calls that warm a connection up before `small` is measured.
const WARM = 10;
const USER = "/users/PBENCH1";

const fail = (why) => {
  console.error(why);
  process.exit(1);
};

const options = { records: 10_000, "in-flight": 1, calls: 1_000, connections: 1_000, rounds: 1 };
const [workload, base, ...rest] = process.argv.slice(2);
if (!base) fail("usage: walk|small|start BASE [--records N] [--in-flight N] [--calls N] [--rounds N]");
if (!["walk", "small", "start"].includes(workload)) fail(`${workload}: this peer does walk, small, start alone`);
for (let at = 0; at < rest.length; at += 2) {
  const name = rest[at].replace(/^--/, "");
  if (!(name in options) || !/^\d+$/.test(rest[at + 1] ?? "")) fail(`${rest[at]}: not an option with a number`);
  options[name] = Number(rest[at + 1]);
}
if (!/^http:\/\/(127(\.\d{1,3}){3}|\[::1\]):\d+\/?$/.test(base))
  fail(`${base}: a benchmark sends to loopback alone; give http://127.0.0.1:PORT`);
if (workload === "walk" && options.records > LISTED) fail(`--records: the client lists at most ${LISTED}`);

/** Whatever host a request names, its connection leads to the benchmarks' server. Counts requests and bytes. */
class Loopback extends https.Agent {
  #to = new URL(base);
  #sockets = [];
  requests = 0;
  createConnection() {
    const socket = net.connect({ host: this.#to.hostname.replace(/[[\]]/g, ""), port: this.#to.port, noDelay: true });
    this.#sockets.push(socket);
    return socket;
  }
  addRequest(request, ...others) {
    this.requests += 1;
    super.addRequest(request, ...others);
  }
  get bytes() {
    return this.#sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
  }
}
const agent = new Loopback({ keepAlive: true });
const pd = pdjs.api({ token: "bench-key", agent });

const moment = (number) => new Date(BEGINNING + STEP * number).toISOString().replace(".000", "");
const range = { since: moment(0), until: moment(options.records), limit: "100" };

async function page(queryParameters) {
  const { resource, status } = await pd.get("/incidents", { queryParameters });
  if (!resource) fail(`GET /incidents: status ${status}`);
  return resource.length;
}

async function walk() {
  if (options["in-flight"] === 1) {
    const { resource } = await pd.all("/incidents", { queryParameters: range });
    return resource.length;
  }
  let [next, records] = [0, 0];
  const reader = async () => {
    while (next < options.records) {
      const offset = String(next);
      next += 100;
      const read = await page({ ...range, offset });
      records += read;
    }
  };
  await Promise.all(Array.from({ length: options["in-flight"] }, reader));
  return records;
}

async function small(calls) {
  for (let call = 0; call < calls; call += 1) {
    const { data } = await pd.get(USER);
    if (!data.user?.id) fail(`GET ${USER}: no user`);
  }
  return calls;
}

const start = () => page({ limit: "100" });

/** A figure of /proc/self/status; 0 where the system has none. */
function memory(name) {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "ascii"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const work = { walk, small: () => small(options.calls), start }[workload];
if (workload === "small") await small(WARM);
for (let round = 0; round < options.rounds; round += 1) {
  const [idle_kb, requests, bytes] = [memory("VmRSS"), agent.requests, agent.bytes];
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const records = await work();
  const [wall_ms, used] = [performance.now() - wall, process.cpuUsage(cpu)];
  const figures = { records, bytes: agent.bytes - bytes, requests: agent.requests - requests };
  const took = { cpu_ms: (used.user + used.system) / 1e3, wall_ms, rss_kb: memory("VmHWM"), idle_kb };
  console.log(JSON.stringify({ ...figures, ...took }));
}
process.exit(0);
