// Writes CredentialProxy.Core/Pricing/prices.json from the npm package @pydantic/genai-prices and overlay.json. The same inputs give the same bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { findProvider } from "@pydantic/genai-prices";

const here = new URL(".", import.meta.url);
const overlay = JSON.parse(readFileSync(new URL("overlay.json", here)));
const version = JSON.parse(readFileSync(new URL("package.json", here))).dependencies["@pydantic/genai-prices"];
const providers = { openai: "openai", anthropic: "anthropic", gemini: "google", openrouter: "openrouter" };

/** Patterns in which * stands for anything. A regular expression that only asks for a date becomes a wildcard; the most specific pattern wins when prices are looked up. */
function patterns(match) {
  if (match.equals !== undefined) return [match.equals];
  if (match.starts_with !== undefined) return [match.starts_with + "*"];
  if (match.contains !== undefined) return ["*" + match.contains + "*"];
  if (match.ends_with !== undefined) return ["*" + match.ends_with];
  if (match.or !== undefined) return match.or.flatMap(patterns);
  if (match.and !== undefined) return match.and.filter((part) => part.regex === undefined).slice(0, 1).flatMap(patterns);
  const dated = /^\^([\w.-]+)-\\d\{8\}\$$/.exec(match.regex ?? "");
  if (dated) return [dated[1] + "-20*"];
  return [];
}

/** The dearest of prices that hold at different times of the day or from different dates: the table must never be below what is billed. */
function current(prices) {
  if (!Array.isArray(prices)) return prices;
  const started = prices.filter((entry) => entry.constraint?.type !== "start_date" || entry.constraint.start_date <= "2026-11-23");
  const timed = started.filter((entry) => entry.constraint?.type === "time_of_date");
  return (timed.length > 0 ? started : [started.at(-1)]).map((entry) => entry.prices).sort((a, b) => base(b.output_mtok) - base(a.output_mtok))[0];
}

const base = (price) => (typeof price === "object" && price !== null ? price.base : price ?? 0);
const names = { input: "input_mtok", cachedInput: "cache_read_mtok", cacheWrite: "cache_write_mtok", cacheWriteHour: "cache_write_1h_mtok", output: "output_mtok", audioInput: "input_audio_mtok", cachedAudioInput: "cache_audio_read_mtok", imageInput: "input_image_mtok", videoInput: "input_video_mtok", audioOutput: "output_audio_mtok", imageOutput: "output_image_mtok", videoOutput: "output_video_mtok" };

function rates(prices) {
  const rate = {};
  const starts = new Set();
  for (const [ours, theirs] of Object.entries(names)) {
    const price = prices[theirs];
    if (price === undefined || price === null) continue;
    rate[ours] = base(price);
    for (const tier of price.tiers ?? []) starts.add(tier.start);
  }
  const tiers = [...starts].sort((a, b) => a - b).map((above) => {
    const tier = { above };
    for (const [ours, theirs] of Object.entries(names)) {
      const price = prices[theirs];
      if (price === undefined || price === null) continue;
      tier[ours] = (price.tiers ?? []).filter((step) => step.start <= above).at(-1)?.price ?? base(price);
    }
    return tier;
  });
  return tiers.length > 0 ? { ...rate, tiers } : rate;
}

/** Tokens written to a cache are paid for once: where a list has the surcharge alone, the price of input is the least that it is. */
const atLeastInput = (rate) => (rate.cacheWrite < rate.input ? { ...rate, cacheWrite: rate.input } : rate);

const glob = (pattern, text) => new RegExp("^" + pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*") + "$").test(text);
const maxOutput = (provider, pattern) => {
  const bare = pattern.replaceAll("*", "");
  const [owner, name] = provider === "openrouter" && bare.includes("/") ? bare.split("/") : [provider, bare];
  const family = { google: "gemini" }[owner] ?? owner;
  return overlay.maxOutput[family]?.find(([known]) => glob(known, name))?.[1];
};

const models = [];
for (const [provider, id] of Object.entries(providers)) {
  for (const model of findProvider({ providerId: id }).models) {
    const match = [...new Set(patterns(model.match))];
    const prices = current(model.prices);
    if (match.length === 0 || prices.input_mtok === undefined || (provider === "gemini" && !/gemini|gemma|embedding|learnlm/.test(model.id))) continue;
    const known = overlay.models.find((more) => more.provider === provider && match.some((pattern) => more.match.includes(pattern)));
    const entry = { provider, match, ...atLeastInput(rates(prices)), ...known?.rates };
    const context = known?.context ?? model.context_window;
    if (context) entry.context = context;
    const largest = maxOutput(provider, match[0]);
    if (largest) entry.maxOutput = largest;
    models.push(entry);
  }
}
const lines = (entries) => entries.map((entry) => "    " + JSON.stringify(entry)).join(",\n");
const head = { source: `npm @pydantic/genai-prices ${version} (https://github.com/pydantic/genai-prices) and eng/prices/overlay.json`, date: "2026-11-23", unit: "USD per million tokens" };
const text = JSON.stringify(head, null, 2).slice(0, -2) + ',\n  "models": [\n' + lines(models) + '\n  ],\n  "factors": [\n' + lines(overlay.factors) + '\n  ],\n  "tools": [\n' + lines(overlay.tools) + '\n  ],\n  "neverReason": [\n' + lines(overlay.neverReason) + "\n  ]\n}\n";
writeFileSync(new URL("../../CredentialProxy.Core/Pricing/prices.json", here), text);
console.log(`${models.length} models`);
