// Runs the connector under jco, and decides for it: where requests go, and which token they carry.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { transpile } from "@bytecodealliance/jco";
import { http } from "@bytecodealliance/preview2-shim";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";

/** Translates a component into JavaScript and core modules in the folder `out`. Once per version is enough. */
export async function build(component, out) {
  const options = { name: "connector", instantiation: { tag: "async" }, emitTypescriptDeclarations: false };
  const { files } = await transpile(await readFile(component), options);
  await mkdir(out, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(new URL(name, out), content);
}

/**
 * A new instance of what `build` left in `out`. It runs one call at a time and blocks its thread while
 * it does; after a trap it is dead: make another and resume from the last cursor.
 *
 * `origins` (a Set): where requests may go, such as https://api.pagerduty.com; others are denied.
 * `tokens` (a Map): from the placeholders that the connector is given to the tokens that are sent.
 */
export async function instance(out, origins, tokens) {
  const outgoingHandler = {
    handle(request, options) {
      const origin = `${request.scheme()?.tag.toLowerCase()}://${request.authority()}`;
      if (!origins.has(origin)) throw { tag: "HTTP-request-denied" };
      const headers = request.headers();
      const entries = headers.entries().map(([name, value]) => [name, name === "authorization" ? reveal(value) : value]);
      headers.entries = () => entries; // for the shim alone: the connector must not read them back
      try {
        return http.outgoingHandler.handle(request, options);
      } finally {
        delete headers.entries;
      }
    },
  };
  const reveal = (value) => {
    let text = new TextDecoder().decode(value);
    for (const [placeholder, token] of tokens) text = text.replace(placeholder, () => token);
    return new TextEncoder().encode(text);
  };
  const wasi = new WASIShim({ http: { ...http, outgoingHandler }, sandbox: { env: {}, args: [] } });
  const core = async (name) => WebAssembly.compile(await readFile(new URL(name, out)));
  const { instantiate } = await import(new URL("connector.js", out));
  return instantiate(core, wasi.getImportObject());
}
