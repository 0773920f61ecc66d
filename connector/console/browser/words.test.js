// Both languages say the same things.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../ui/src/words/en.js';
import { ja } from '../ui/src/words/ja.js';

const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

test('every text is there in both languages, with the same holes', () => {
  assert.deepEqual(Object.keys(ja).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(holes(ja[key]), holes(en[key]), key);
});
