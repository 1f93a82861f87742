// Lists every call that the official SDKs make, one `METHOD /path` a line, {} standing for a parameter, so that a test can hold the endpoint tables against it.
// Usage: npm install --no-save openai @anthropic-ai/sdk @google/genai @openrouter/sdk, then: node list-calls.mjs ../../CredentialProxy.Tests/Providers/calls
import fs from "node:fs";
import path from "node:path";

const [target] = process.argv.slice(2);
const packages = path.join(import.meta.dirname, "node_modules");

function* files(directory, ending) {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const name = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* files(name, ending);
    else if (name.endsWith(ending) && !name.endsWith(".d.ts")) yield name;
  }
}

const parameters = (text) => text.replace(/\$?\{[^}]*\}/g, "{}").split("?")[0];

// openai and @anthropic-ai/sdk: this._client.post('/path', …), a list may say `method: 'post'`.
function calls(name, prefix) {
  const found = new Set();
  const call = /_client\s*\.\s*(get|post|put|patch|delete|getAPIList)\s*(?:<[^(]*>)?\(\s*(?:path)?[`'"]([^`'"]*)[`'"]([^;]*)/gs;
  for (const file of files(path.join(packages, name, "src", "resources"), ".ts")) {
    for (const [, verb, at, rest] of fs.readFileSync(file, "utf8").matchAll(call)) {
      const method = verb !== "getAPIList" ? verb : /method: '(\w+)'/.exec(rest)?.[1] ?? "get";
      found.add(`${method.toUpperCase()} ${prefix}${parameters(at)}`);
    }
  }
  return found;
}

function openRouter() {
  const found = new Set();
  for (const file of files(path.join(packages, "@openrouter/sdk/esm/funcs"), ".js")) {
    const source = fs.readFileSync(file, "utf8");
    const at = /pathToFunc\("([^"]*)"\)/.exec(source)?.[1];
    const method = /method: "([A-Z]+)"/.exec(source)?.[1];
    if (at && method) found.add(`${method} ${at.startsWith("/api/") ? parameters(at.slice(4)) : "/v1" + parameters(at)}`);
  }
  return found;
}

// @google/genai: the calls with a literal path; the others name their path in a variable.
function gemini() {
  const found = new Set();
  const source = fs.readFileSync(path.join(packages, "@google/genai/dist/node/index.mjs"), "utf8");
  const at = (text) => parameters(text.replace(/^\/?(upload\/)?(\{api_version\}\/)?/, (_, upload) => (upload ? "/upload" : "") + "/v1beta/").replace("{model}:", "models/{}:").replace("{file_search_store_name}", "fileSearchStores/{}"));
  for (const [, route, rest] of source.matchAll(/pathToFunc\("([^"]+)"\)([\s\S]{0,6000}?method: "[A-Z]+")/g)) {
    found.add(`${/method: "([A-Z]+)"/.exec(rest)[1]} ${at(route)}`);
  }
  for (const [, route, method] of source.matchAll(/formatMap\('([^']+)'[\s\S]{0,900}?httpMethod: '([A-Z]+)'/g)) {
    // Vertex AI's own, and those whose path is all parameter.
    if (!/^\{(?!model\}:)|batchPredictionJobs|computeTokens|fetchPredictOperation|validateReinforcement/.test(route)) found.add(`${method} ${at(route)}`);
  }
  return found;
}

const lists = { openai: calls("openai", "/v1"), anthropic: calls("@anthropic-ai/sdk", ""), openrouter: openRouter(), gemini: gemini() };
for (const [name, found] of Object.entries(lists)) {
  fs.writeFileSync(path.join(target, `${name}.txt`), [...found].sort().join("\n") + "\n");
}
