import { abortAfter, abortHeaders, assert, countingFetch, gateway, narrowToken, run, spentToken, spentTodayToken, thrownBy, token } from "./checks.mjs";

const baseURL = `${gateway}/anthropic`;
const model = "claude-3-5-haiku-20241022";
const messages = [{ role: "user", content: "Tell me about foxes. [[tokens:24]]" }];
const tools = [{ name: "get_weather", input_schema: { type: "object", properties: { city: { type: "string" } } } }];

/** The same claims for every major version of the SDK, which differ in the slot they use. */
export async function runAnthropic(sdk) {
  const Anthropic = sdk.default;
  const client = new Anthropic({ baseURL, apiKey: token });
  await run({
    async plain() {
      const answer = await client.messages.create({ model, max_tokens: 64, messages });
      assert.ok(answer.content[0].text.length > 0);
      assert.ok(answer.usage.output_tokens > 0);
    },
    async wellKnownPath() {
      const answer = await new Anthropic({ baseURL: gateway, apiKey: token }).messages.create({ model, max_tokens: 64, messages });
      assert.ok(answer.content[0].text.length > 0);
    },
    async authToken() {
      const answer = await new Anthropic({ baseURL, apiKey: null, authToken: token }).messages.create({ model, max_tokens: 64, messages });
      assert.ok(answer.content[0].text.length > 0);
    },
    async streamed() {
      const final = await client.messages.stream({ model, max_tokens: 64, messages }).finalMessage();
      assert.ok(final.content[0].text.length > 0);
      assert.ok(final.usage.output_tokens > 0);
    },
    async tools() {
      const answer = await client.messages.create({ model, max_tokens: 64, messages, tools });
      assert.equal(answer.content.find((block) => block.type === "tool_use").name, "get_weather");
      const streamed = await client.messages.stream({ model, max_tokens: 64, messages, tools }).finalMessage();
      assert.equal(typeof streamed.content.find((block) => block.type === "tool_use").input, "object");
    },
    async countTokens() {
      assert.ok((await client.messages.countTokens({ model, messages })).input_tokens > 0);
    },
    async models() {
      assert.ok((await client.models.list()).data.length > 0);
    },
    async errors() {
      const unknown = await thrownBy(new Anthropic({ baseURL, apiKey: "ptk_unknown_unknown_unknown" }).messages.create({ model, max_tokens: 64, messages }));
      assert.ok(unknown instanceof sdk.AuthenticationError);
      assert.equal(unknown.headers.get("x-credential-proxy-error"), "invalid_token");
      const counting = countingFetch();
      const spent = await thrownBy(new Anthropic({ baseURL, apiKey: spentToken, fetch: counting }).messages.create({ model, max_tokens: 64, messages }));
      assert.ok(spent instanceof sdk.RateLimitError);
      assert.equal(spent.error.error.code, "budget_exceeded");
      assert.equal(counting.calls, 1, "a spent budget was retried");
      const spentToday = await thrownBy(new Anthropic({ baseURL, apiKey: spentTodayToken, fetch: counting }).messages.create({ model, max_tokens: 250, messages }));
      assert.ok(spentToday instanceof sdk.RateLimitError);
      assert.equal(counting.calls, 2, "a budget that is spent until tomorrow was retried");
      const narrow = await thrownBy(new Anthropic({ baseURL, apiKey: narrowToken }).messages.create({ model, max_tokens: 64, messages }));
      assert.ok(narrow instanceof sdk.PermissionDeniedError);
    },
    async upstreamError() {
      const failed = await thrownBy(client.messages.create({ model, max_tokens: 64, messages }, { maxRetries: 0, headers: { "x-mock-fault": '{"status":500}' } }));
      assert.ok(failed instanceof sdk.InternalServerError);
      assert.equal(failed.headers.get("x-credential-proxy-error"), null);
    },
    async brokenStream() {
      const stream = await client.messages.create({ model, max_tokens: 64, messages, stream: true }, { headers: { "x-mock-fault": '{"cutAfterChunks":8,"chunkDelayMs":5}' } });
      const broken = await thrownBy((async () => {
        for await (const _ of stream);
      })());
      assert.ok(broken instanceof sdk.APIError, String(broken));
      assert.equal(broken.error.error.code, "upstream_unavailable");
    },
    async abort() {
      const stream = await client.messages.create(
        { model, max_tokens: 400, messages: [{ role: "user", content: "Go on and on. [[tokens:400]]" }], stream: true },
        { headers: abortHeaders });
      let pieces = 0;
      for await (const event of stream) {
        if (event.type === "content_block_delta" && ++pieces === abortAfter) break;
      }
      assert.equal(pieces, abortAfter);
    },
  });
}
