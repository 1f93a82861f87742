// Runs the steps named on the command line and prints one JSON line for each, so that the test that started us can tell which claim failed.
import assert from "node:assert/strict";

export const gateway = process.env.GATEWAY;
export const token = process.env.TOKEN;
export const spentToken = process.env.SPENT_TOKEN;
export const spentTodayToken = process.env.SPENT_TODAY_TOKEN;
export const narrowToken = process.env.NARROW_TOKEN;
export { assert };

/** A stream that a step leaves waits at a gate, which has let so many pieces of text pass; so what was produced is known to the token. */
export const abortAfter = 9;
export const abortHeaders = { "x-mock-fault": '{"gate":"abort"}' };

export async function run(steps) {
  let failed = 0;
  for (const name of process.argv.slice(2)) {
    try {
      await steps[name]();
      console.log(JSON.stringify({ step: name, ok: true }));
    } catch (error) {
      failed++;
      console.log(JSON.stringify({ step: name, ok: false, error: String(error?.stack ?? error) }));
    }
  }
  process.exit(failed === 0 ? 0 : 1);
}

/** Awaits a rejection and returns what was thrown. */
export async function thrownBy(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}

/** Counts the requests that a step makes, so that a retry of what can't succeed is seen. */
export function countingFetch() {
  const counting = (...args) => {
    counting.calls++;
    return fetch(...args);
  };
  counting.calls = 0;
  return counting;
}
