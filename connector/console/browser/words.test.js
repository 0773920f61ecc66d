// Both languages say the same things.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { callReasonsJa } from '../ui/src/words/callreasons.js';
import { en } from '../ui/src/words/en.js';
import { ja } from '../ui/src/words/ja.js';
import { knownReasons } from '../ui/src/words/reasons.js';

const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

test('every text is there in both languages, with the same holes', () => {
  assert.deepEqual(Object.keys(ja).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(holes(ja[key]), holes(en[key]), key);
});

test('every reason of the service has Japanese words', () => {
  const source = readFileSync(new URL('../../reason.go', import.meta.url), 'utf8');
  const reasons = [...source.matchAll(/^\tReason\w+\s+Reason = "(\w+)"/gm)].map(([, name]) => name);
  assert.deepEqual([...knownReasons].sort(), reasons.sort());
});

test('every reason of a call has Japanese words', () => {
  const read = (name) => readFileSync(new URL(`../../callers/${name}.go`, import.meta.url), 'utf8');
  const sources = ['signature', 'token', 'hanko', 'lastcall'].map(read).join('\n');
  const named = Object.fromEntries([...sources.matchAll(/^\t(\w+) += "(\w+)"/gm)].map(([, name, value]) => [name, value]));
  const told = [...read('lastcall').matchAll(/^\t(\w+): +\{What:/gm)].map(([, name]) => named[name]);
  assert.ok(told.length > 10, `the words of ${told}`);
  assert.deepEqual(Object.keys(callReasonsJa).sort(), told.sort());
});
