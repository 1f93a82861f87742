// Reads manifests from standard input and holds each object against the validator of its kind, which is compiled from Kubernetes' OpenAPI description. Prints what is wrong, a line each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseAllDocuments } from "yaml";

const require = createRequire(import.meta.url);

function complaints(object) {
  const { apiVersion, kind, metadata } = object;
  let model;
  try {
    model = require(`kubernetes-models/${apiVersion}/${kind}`)[kind];
  } catch {
    return [`${kind} ${metadata?.name}: Kubernetes knows no ${kind} of ${apiVersion}`];
  }
  try {
    new model(object).validate();
    return [];
  } catch (error) {
    return [`${kind} ${metadata?.name}: ${error.message}`];
  }
}

const documents = parseAllDocuments(readFileSync(0, "utf8"), { strict: true, uniqueKeys: true });
const wrong = documents.flatMap((document) => (document.errors.length > 0 ? document.errors.map(String) : complaints(document.toJS())));
console.log(wrong.join("\n"));
process.exit(wrong.length === 0 && documents.length > 0 ? 0 : 1);
