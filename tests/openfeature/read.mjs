// Reads flags as an application does: the OpenFeature SDK with its OFREP provider.
//
//   node read.mjs URL KEYS FLAG
//
// For each line of the input, reads FLAG for the keys user-1 to user-KEYS and FLAG-stage, and prints
// one JSON object: {"on": [keys of the new side], "stage": …, "reasons": {…}, "missing": …}.
import { createInterface } from 'node:readline';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature } from '@openfeature/server-sdk';

const [url, keys, flag] = process.argv.slice(2);
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url }));
const client = OpenFeature.getClient();

async function readAll() {
  const on = [];
  const reasons = {};
  for (let i = 1; i <= Number(keys); i++) {
    const targetingKey = `user-${i}`;
    const got = await client.getBooleanDetails(flag, false, { targetingKey, plan: 'pro', visits: i });
    if (got.errorCode) throw new Error(`${got.errorCode}: ${got.errorMessage}`);
    if (got.value !== (got.variant === 'new')) throw new Error(`variant ${got.variant} of ${got.value}`);
    if (got.value) on.push(i);
    reasons[got.reason] = (reasons[got.reason] ?? 0) + 1;
  }
  const stage = await client.getStringDetails(`${flag}-stage`, 'none', { targetingKey: 'user-1' });
  const missing = await client.getBooleanDetails('no-such-flag', true, { targetingKey: 'user-1' });
  const without = await client.getBooleanDetails(flag, true, {});
  return {
    on,
    stage: stage.value,
    reasons,
    missing: missing.errorCode,
    without: without.value,
    withoutReason: without.reason,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line) console.log(JSON.stringify(await readAll()));
}
