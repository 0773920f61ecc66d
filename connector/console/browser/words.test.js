// Both languages say the same things.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
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
