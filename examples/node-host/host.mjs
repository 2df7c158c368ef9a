// The PagerDuty connector on Node, against its simulator: node host.mjs BASE_URL [COMPONENT]
import assert from "node:assert/strict";
import { build, instance } from "./connector.mjs";

const token = process.env.PAGERDUTY_TOKEN ?? "sim-account-key-0001";
const out = new URL("../../target/examples/node/", import.meta.url);
const json = JSON.stringify;

async function main(baseUrl, component = new URL("../../target/pagerduty.wasm", import.meta.url)) {
  await build(component, out);
  const placeholder = `placeholder-${crypto.randomUUID()}`;
  const { catalog, session } = await instance(out, new Set([baseUrl]), new Map([[placeholder, token]]));

  const { title, version } = catalog.identify();
  console.log(`${title} ${version}`);
  for (const method of catalog.authMethods()) {
    console.log(`Sign in with: ${method.title} (${method.id})`);
    for (const { title, kind, required, note } of method.fields)
      console.log(`  [${title}] ${kind}${required ? ", required" : ""}: ${note}`);
    console.log(`  First: ${method.steps[0]}`);
  }
  const operations = catalog.operations();
  console.log(`${operations.length} operations: ${operations.slice(0, 4).map(({ id }) => id).join(", ")}, ...`);

  // `base_url` and `account` are host-only: a host never takes them from its users.
  const open = (settings) => session.Connection.open("token", [["token", placeholder]], json(settings));
  const connection = open({ base_url: baseUrl, account: "simulator", access: "read" });
  console.log("check:", connection.check());
  const answer = connection.call("services.list", json({ limit: 1 }));
  console.log("First service:", JSON.parse(answer.value).services[0].name);

  let total = 0;
  const pages = connection.walk("incidents.list", json({ date_range: "all" }), undefined);
  for (let page; (page = pages.next()); total += page.count) {
    process.stdout.write(`${page.count} `); // JSON.parse(page.items) are the incidents
  }
  console.log(`= ${total} incidents`);
  pages[Symbol.dispose]();
  assert.equal(total, 3000, "the simulator holds 3000 incidents");

  // By contract nothing is sent when arguments are wrong.
  refused("invalid", () => connection.call("incidents.list", json({ limits: 1, date_range: "some" })));
  // Without a base URL it asks for PagerDuty's own host, which was not granted here.
  refused("blocked", () => open({}).check());
  connection[Symbol.dispose]();
}

/** A failed call throws ComponentError; its `payload` is the contract's error. */
function refused(reason, call) {
  assert.throws(call, ({ payload }) => {
    console.log(`${payload.reason}: ${payload.message}`);
    for (const { argument, message } of payload.violations) console.log(`  ${argument}: ${message}`);
    return payload.reason === reason;
  });
}

const args = process.argv.slice(2);
if (args.length < 1 || args.length > 2) {
  console.error("usage: node host.mjs BASE_URL [COMPONENT]");
  process.exit(2);
}
try {
  await main(...args);
} catch (why) {
  console.error(why.payload ? `${why.payload.reason}: ${why.payload.message}` : why);
  process.exitCode = 1;
}
