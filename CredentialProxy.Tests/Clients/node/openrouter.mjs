import { OpenRouter } from "@openrouter/sdk";
import * as errors from "@openrouter/sdk/models/errors";
import { abortAfter, abortHeaders, assert, gateway, narrowToken, run, spentToken, thrownBy, token } from "./checks.mjs";

const model = "openai/gpt-4o-mini";
const messages = [{ role: "user", content: "Tell me about foxes. [[tokens:24]]" }];
const retryConfig = { strategy: "none" };
const clientOf = (apiKey) => new OpenRouter({ apiKey, serverURL: `${gateway}/openrouter/api/v1`, retryConfig });
const client = clientOf(token);

await run({
  async plain() {
    const answer = await client.chat.send({ chatRequest: { model, messages } });
    assert.ok(answer.choices[0].message.content.length > 0);
    assert.ok(answer.usage.completionTokens > 0);
  },
  async streamed() {
    let text = "";
    for await (const chunk of await client.chat.send({ chatRequest: { model, messages, stream: true } })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    assert.ok(text.length > 0);
  },
  async tools() {
    const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
    const answer = await client.chat.send({ chatRequest: { model, messages, tools } });
    assert.equal(answer.choices[0].message.toolCalls[0].function.name, "get_weather");
    let args = "";
    for await (const chunk of await client.chat.send({ chatRequest: { model, messages, tools, stream: true } })) {
      args += chunk.choices[0]?.delta.toolCalls?.[0]?.function?.arguments ?? "";
    }
    JSON.parse(args);
  },
  async errors() {
    const unknown = await thrownBy(clientOf("ptk_unknown_unknown_unknown").chat.send({ chatRequest: { model, messages } }));
    assert.ok(unknown instanceof errors.UnauthorizedResponseError, String(unknown));
    const spent = await thrownBy(clientOf(spentToken).chat.send({ chatRequest: { model, messages } }));
    assert.ok(spent instanceof errors.TooManyRequestsResponseError, String(spent));
    assert.equal(spent.error.metadata.code, "budget_exceeded");
    const narrow = await thrownBy(clientOf(narrowToken).chat.send({ chatRequest: { model, messages } }));
    assert.ok(narrow instanceof errors.ForbiddenResponseError, String(narrow));
  },
  async upstreamError() {
    const failed = await thrownBy(client.chat.send({ chatRequest: { model, messages } }, { headers: { "x-mock-fault": '{"status":500}' } }));
    assert.ok(failed instanceof errors.InternalServerResponseError, String(failed));
  },
  async brokenStream() {
    const stream = await client.chat.send({ chatRequest: { model, messages, stream: true } }, { headers: { "x-mock-fault": '{"cutAfterChunks":8,"chunkDelayMs":5}' } });
    const broken = await thrownBy((async () => {
      for await (const chunk of stream) if (chunk.error) throw new Error(JSON.stringify(chunk.error));
    })());
    assert.match(String(broken), /provider_unavailable/);
  },
  async abort() {
    const stream = await client.chat.send(
      { chatRequest: { model, messages: [{ role: "user", content: "Go on and on. [[tokens:400]]" }], maxTokens: 400, stream: true } },
      { headers: abortHeaders });
    let pieces = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0].delta.content && ++pieces === abortAfter) break;
    }
    assert.equal(pieces, abortAfter);
  },
});
