import OpenAI, { AuthenticationError, PermissionDeniedError, RateLimitError, BadRequestError, InternalServerError } from "openai";
import { abortAfter, abortHeaders, assert, countingFetch, gateway, narrowToken, run, spentToken, spentTodayToken, thrownBy, token } from "./checks.mjs";

const baseURL = `${gateway}/openai/v1`;
const client = new OpenAI({ baseURL, apiKey: token });
const messages = [{ role: "user", content: "Tell me about foxes. [[tokens:24]]" }];
const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];

await run({
  async plain() {
    const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages });
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.ok(answer.usage.completion_tokens > 0);
  },
  async wellKnownPath() {
    const answer = await new OpenAI({ baseURL: `${gateway}/v1`, apiKey: token }).chat.completions.create({ model: "gpt-4o-mini", messages });
    assert.ok(answer.choices[0].message.content.length > 0);
  },
  async streamed() {
    let text = "";
    let chunks = 0;
    for await (const chunk of await client.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true })) {
      assert.equal(chunk.choices.length, 1, "a chunk without choices is the usage chunk, which was not asked for");
      text += chunk.choices[0].delta.content ?? "";
      chunks++;
    }
    assert.ok(text.length > 0 && chunks > 5);
  },
  async streamedWithUsage() {
    let usage;
    for await (const chunk of await client.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true, stream_options: { include_usage: true } })) {
      usage = chunk.usage ?? usage;
    }
    assert.ok(usage.completion_tokens > 0);
  },
  async tools() {
    const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages, tools });
    assert.equal(answer.choices[0].message.tool_calls[0].function.name, "get_weather");
    let args = "";
    for await (const chunk of await client.chat.completions.create({ model: "gpt-4o-mini", messages, tools, stream: true })) {
      args += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? "";
    }
    JSON.parse(args);
  },
  async responses() {
    const answer = await client.responses.create({ model: "gpt-4o-mini", input: "Hello [[tokens:12]]" });
    assert.ok(answer.output_text.length > 0);
    let completed;
    for await (const event of await client.responses.create({ model: "gpt-4o-mini", input: "Hello [[tokens:12]]", stream: true })) {
      if (event.type === "response.completed") completed = event.response;
    }
    assert.ok(completed.usage.output_tokens > 0);
  },
  async embeddings() {
    const answer = await client.embeddings.create({ model: "text-embedding-3-small", input: "foxes" });
    assert.ok(answer.data[0].embedding.length > 0);
  },
  async models() {
    assert.ok((await client.models.list()).data.length > 0);
  },
  async errors() {
    const unknown = await thrownBy(new OpenAI({ baseURL, apiKey: "ptk_unknown_unknown_unknown" }).chat.completions.create({ model: "gpt-4o-mini", messages }));
    assert.ok(unknown instanceof AuthenticationError);
    assert.equal(unknown.code, "invalid_token");
    const counting = countingFetch();
    const spent = await thrownBy(new OpenAI({ baseURL, apiKey: spentToken, fetch: counting }).chat.completions.create({ model: "gpt-4o-mini", messages }));
    assert.ok(spent instanceof RateLimitError);
    assert.equal(spent.code, "budget_exceeded");
    assert.equal(counting.calls, 1, "a spent budget was retried");
    const spentToday = await thrownBy(new OpenAI({ baseURL, apiKey: spentTodayToken, fetch: counting }).chat.completions.create({ model: "gpt-4o-mini", messages, max_tokens: 250 }));
    assert.ok(spentToday instanceof RateLimitError);
    assert.equal(spentToday.code, "budget_exceeded");
    assert.equal(counting.calls, 2, "a budget that is spent until tomorrow was retried");
    const narrow = await thrownBy(new OpenAI({ baseURL, apiKey: narrowToken }).chat.completions.create({ model: "gpt-5", messages }));
    assert.ok(narrow instanceof PermissionDeniedError);
    assert.equal(narrow.code, "model_not_allowed");
    const malformed = await thrownBy(client.chat.completions.create({ model: "gpt-4o-mini", messages, max_tokens: -1 }));
    assert.ok(malformed instanceof BadRequestError);
  },
  async upstreamError() {
    const failed = await thrownBy(client.chat.completions.create(
      { model: "gpt-4o-mini", messages },
      { maxRetries: 0, headers: { "x-mock-fault": '{"status":500}' } }));
    assert.ok(failed instanceof InternalServerError);
    assert.equal(failed.headers.get("x-credential-proxy-error"), null);
  },
  async brokenStream() {
    const stream = await client.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true }, { headers: { "x-mock-fault": '{"cutAfterChunks":8,"chunkDelayMs":5}' } });
    const broken = await thrownBy((async () => {
      for await (const _ of stream);
    })());
    assert.ok(broken instanceof OpenAI.APIError, String(broken));
    assert.equal(broken.code, "upstream_unavailable");
    const responses = await client.responses.create({ model: "gpt-4o-mini", input: "Hello", stream: true }, { headers: { "x-mock-fault": '{"cutAfterChunks":8,"chunkDelayMs":5}' } });
    const alsoBroken = await thrownBy((async () => {
      for await (const _ of responses);
    })());
    assert.ok(alsoBroken instanceof OpenAI.APIError, String(alsoBroken));
    assert.equal(alsoBroken.code, "upstream_unavailable");
  },
  async abort() {
    const stream = await client.chat.completions.create(
      { model: "gpt-4o-mini", messages: [{ role: "user", content: "Go on and on. [[tokens:400]]" }], max_tokens: 400, stream: true },
      { headers: abortHeaders });
    let pieces = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content && ++pieces === abortAfter) break;
    }
    assert.equal(pieces, abortAfter);
  },
});
