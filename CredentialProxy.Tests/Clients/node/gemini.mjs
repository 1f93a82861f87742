import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { abortAfter, abortHeaders, assert, gateway, narrowToken, run, spentToken, thrownBy, token } from "./checks.mjs";

const model = "gemini-2.5-flash";
const contents = "Tell me about foxes. [[tokens:24]]";
const clientOf = (apiKey, baseUrl = `${gateway}/gemini`) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
const client = clientOf(token);
const tools = [{ functionDeclarations: [{ name: "get_weather", parameters: { type: "OBJECT", properties: { city: { type: "STRING" } } } }] }];

await run({
  async plain() {
    const answer = await client.models.generateContent({ model, contents });
    assert.ok(answer.text.length > 0);
    assert.ok(answer.usageMetadata.candidatesTokenCount > 0);
  },
  async wellKnownPath() {
    assert.ok((await clientOf(token, gateway).models.generateContent({ model, contents })).text.length > 0);
  },
  async streamed() {
    let text = "";
    for await (const chunk of await client.models.generateContentStream({ model, contents })) text += chunk.text ?? "";
    assert.ok(text.length > 0);
  },
  async jsonArrayStream() {
    const answer = await fetch(`${gateway}/v1beta/models/${model}:streamGenerateContent?key=${token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: contents }] }] }),
    });
    assert.equal(answer.status, 200);
    assert.ok((await answer.json()).length > 1);
  },
  async tools() {
    const answer = await client.models.generateContent({ model, contents, config: { tools } });
    assert.equal(answer.functionCalls[0].name, "get_weather");
    let called;
    for await (const chunk of await client.models.generateContentStream({ model, contents, config: { tools } })) called = chunk.functionCalls?.[0] ?? called;
    assert.equal(called.name, "get_weather");
  },
  async embeddings() {
    const answer = await client.models.embedContent({ model: "gemini-embedding-001", contents: "foxes" });
    assert.ok(answer.embeddings[0].values.length > 0);
  },
  async countTokens() {
    assert.ok((await client.models.countTokens({ model, contents })).totalTokens > 0);
  },
  async openAISurface() {
    const openai = new OpenAI({ baseURL: `${gateway}/v1beta/openai/`, apiKey: token });
    const answer = await openai.chat.completions.create({ model, messages: [{ role: "user", content: contents }] });
    assert.ok(answer.choices[0].message.content.length > 0);
  },
  async errors() {
    const unknown = await thrownBy(clientOf("ptk_unknown_unknown_unknown").models.generateContent({ model, contents }));
    assert.ok(unknown instanceof ApiError);
    assert.equal(unknown.status, 401);
    const spent = await thrownBy(clientOf(spentToken).models.generateContent({ model, contents }));
    assert.equal(spent.status, 429);
    assert.match(spent.message, /RESOURCE_EXHAUSTED/);
    assert.match(spent.message, /budget_exceeded/);
    const narrow = await thrownBy(clientOf(narrowToken).models.generateContent({ model, contents }));
    assert.equal(narrow.status, 403);
  },
  async upstreamError() {
    const httpOptions = { headers: { "x-mock-fault": '{"status":500}' }, retryOptions: { attempts: 1 } };
    const failed = await thrownBy(client.models.generateContent({ model, contents, config: { httpOptions } }));
    assert.ok(failed instanceof ApiError);
    assert.equal(failed.status, 500);
  },
  async brokenStream() {
    const httpOptions = { headers: { "x-mock-fault": '{"cutAfterChunks":8,"chunkDelayMs":5}' } };
    const stream = await client.models.generateContentStream({ model, contents, config: { httpOptions } });
    const broken = await thrownBy((async () => {
      for await (const _ of stream);
    })());
    assert.match(String(broken), /upstream_unavailable/);
  },
  async abort() {
    const abort = new AbortController();
    const stream = await client.models.generateContentStream({
      model,
      contents: "Go on and on. [[tokens:400]]",
      config: { maxOutputTokens: 400, abortSignal: abort.signal, httpOptions: { headers: abortHeaders } },
    });
    let pieces = 0;
    await thrownBy((async () => {
      for await (const _ of stream) {
        if (++pieces === abortAfter) abort.abort();
      }
    })());
    assert.equal(pieces, abortAfter);
  },
});
