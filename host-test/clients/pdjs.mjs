// npm's `@pagerduty/pdjs` against the simulator: node pdjs.mjs BASE_URL
// The client as published, with PagerDuty's own URLs; its connections lead to the simulator on this machine.
import assert from "node:assert/strict";
import https from "node:https";
import net from "node:net";
import pdjs from "@pagerduty/pdjs";

const ACCOUNT = "sim-account-key-0001";
const READ_ONLY = "sim-readonly-key-0002";
const ROUTING_KEY = "simroutingkey0000000000000000001";
const From = "marta.okonkwo@lanternway.example";

const { hostname, port } = new URL(process.argv[2] ?? assert.fail("usage: node pdjs.mjs BASE_URL"));

/** Whatever host a request names, it goes to the simulator. The first `usedUp` requests carry a key that has nothing
 * left of its rate limit, so the refusals are the simulator's own. */
class Loopback extends https.Agent {
  usedUp = 0;
  sent = 0;
  createConnection() {
    return net.connect({ host: hostname, port });
  }
  addRequest(request, ...rest) {
    this.sent += 1;
    if (this.usedUp > 0) {
      this.usedUp -= 1;
      request.setHeader("Authorization", `Token token=${READ_ONLY}`);
    }
    super.addRequest(request, ...rest);
  }
}
const agent = new Loopback();
const on = { agent, requestTimeout: 0 };
const pd = pdjs.api({ token: ACCOUNT, headers: { From }, ...on });
const limited = pdjs.api({ token: READ_ONLY, headers: { From }, ...on });
const status = async (call) => (await call).response.status;
const distinct = (records) => new Set(records.map(({ id }) => id)).size;

async function lists() {
  const incidents = await pd.all("/incidents", { data: { date_range: "all", limit: 100 } });
  assert.equal(incidents.resource.length, 3000);
  assert.equal(distinct(incidents.resource), 3000);
  assert.equal(incidents.data.length, 30);
  const vendors = await pd.all("/vendors", { data: { limit: 7 } });
  assert.equal(distinct(vendors.resource), 120);
  const first = await pd.get("/users", { queryParameters: { limit: 30, "include[]": ["teams", "contact_methods"] } });
  assert.equal(first.resource.length, 30);
  assert.ok(first.resource[0].contact_methods[0].address, "include[] of contact methods");
  const second = await first.next();
  assert.equal(second.resource.length, 10);
  assert.equal(second.next, undefined);
  // This client looks for `cursor` in an answer, which PagerDuty calls `next_cursor`: the program goes on by itself.
  let cursor, records = [];
  do {
    const page = await pd.get("/audit/records", { data: { limit: 40, ...(cursor && { cursor }) } });
    records = records.concat(page.data.records);
    cursor = page.data.next_cursor;
  } while (cursor);
  assert.ok(records.length > 100, `${records.length} audit records`);
  assert.equal(distinct(records), records.length);
}

async function writes() {
  const policy = (await pd.get("/escalation_policies", { data: { limit: 1 } })).resource[0];
  const made = await pd.post("/services", {
    data: { service: { type: "service", name: "From JavaScript", escalation_policy: { id: policy.id, type: "escalation_policy_reference" } } },
  });
  assert.equal(made.response.status, 201);
  const service = made.resource;
  assert.equal(service.auto_resolve_timeout, 14400);
  assert.equal((await pd.get(`/services/${service.id}`)).data.service.name, "From JavaScript");
  const changed = await pd.put(`/services/${service.id}`, { data: { service: { type: "service", description: "Changed" } } });
  assert.equal(changed.resource.description, "Changed");
  assert.equal(changed.resource.name, "From JavaScript");
  const incident = await pd.post("/incidents", {
    data: { incident: { type: "incident", title: "Broken", service: { id: service.id, type: "service_reference" } } },
  });
  assert.equal(incident.resource.status, "triggered");
  const resolved = await pd.put("/incidents", {
    data: { incidents: [{ id: incident.resource.id, type: "incident_reference", status: "resolved" }] },
  });
  assert.equal(resolved.data.incidents[0].status, "resolved");
  assert.equal(await status(pd.delete(`/services/${service.id}`)), 204);
  assert.equal(await status(pd.get(`/services/${service.id}`)), 404);
}

async function errors() {
  const missing = await pd.get("/users/PNOSUCH");
  assert.deepEqual([missing.response.status, missing.data.error.code], [404, 2100]);
  const wrong = await pd.post("/teams", { data: { team: { type: "team" } } });
  assert.deepEqual([wrong.response.status, wrong.data.error.errors], [400, ["Name can't be blank"]]);
  assert.equal(await status(limited.post("/teams", { data: { team: { type: "team", name: "No" } } })), 403);
  assert.equal(await status(limited.get("/teams")), 200);
  assert.equal(await status(pdjs.api({ token: "no-such-key", endpoint: "/users", ...on })), 401);
  assert.equal(await status(pd.get("/abilities/teams")), 204);
  // Refused twice for its rate, then repeated by the client. The other key's limit may begin anew just then: once more.
  const oncalls = { data: { limit: 1 }, retryTimeout: 0 };
  const usedUp = async () => (await status(limited.get("/oncalls", oncalls))) === 429;
  for (let attempt = 0; attempt < 3 && agent.sent !== 3; attempt += 1) {
    for (let n = 0; n < 300 && !(await usedUp()); n += 1);
    agent.usedUp = 2;
    agent.sent = 0;
    assert.equal(await status(pd.get("/oncalls", oncalls)), 200);
    agent.usedUp = 0;
  }
  assert.equal(agent.sent, 3);
}

async function events() {
  const about = { routing_key: ROUTING_KEY, dedup_key: "from-javascript" };
  const payload = { summary: "Disk full", source: "db1", severity: "warning" };
  const sent = await pdjs.trigger({ data: { ...about, payload }, ...on });
  assert.deepEqual([sent.response.status, sent.data.dedup_key], [202, "from-javascript"]);
  const now = async () => (await pd.get("/incidents", { data: { incident_key: about.dedup_key, date_range: "all" } })).resource.map((one) => one.status);
  assert.deepEqual(await now(), ["triggered"]);
  await pdjs.acknowledge({ data: about, ...on });
  assert.deepEqual(await now(), ["acknowledged"]);
  await pdjs.resolve({ data: about, ...on });
  assert.deepEqual(await now(), ["resolved"]);
  const change = await pdjs.change({ data: { routing_key: ROUTING_KEY, payload: { summary: "Deployed" } }, ...on });
  assert.equal(change.response.status, 202);
  const refused = await pdjs.trigger({ data: { routing_key: "0".repeat(32), payload }, ...on });
  assert.deepEqual([refused.response.status, refused.data.status], [400, "invalid event"]);
}

for (const part of [lists, writes, errors, events]) {
  await part();
  console.log(`@pagerduty/pdjs: ${part.name}`);
}
