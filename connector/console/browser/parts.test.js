// Parts of the page that need no browser.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { schemaSource } from '../ui/src/editor/schema.js';
import { rows } from '../ui/src/parts/diff.js';
import { fallbackOf } from '../ui/src/state/fallback.js';

const schema = JSON.parse(readFileSync(new URL('../../../schema/connector.json', import.meta.url)));

/** The suggestions where ¦ stands. */
function suggestions(format, marked) {
  const pos = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const found = schemaSource(() => schema, format)({ explicit: true, pos, state: { doc: { toString: () => text } } });
  return found?.options.map((option) => option.displayLabel) ?? [];
}

test('suggestions fit the place, also while the text is not whole', () => {
  for (const [format, text, wanted, unwanted] of [
    ['yaml', 'domain: x\nopt¦', 'options', 'domain'],
    ['yaml', 'options:\n  tracking: true\n  re¦', 'requireTls', 'tracking'],
    ['yaml', 'options:\n  tracking: ¦', 'true', 'tags'],
    ['yaml', 'deliveries:\n  SignIn:\n    sub¦', 'subject', 'deliveries'],
    ['yaml', 'deliveries:\n  Mine:\n    ¦', 'html', 'from'],
    ['yaml', 'templates:\n- lang¦', 'languageTag', 'domain'],
    ['yaml', 'templates:\n  - languageTag: x\n    details:\n      con¦', 'contentType', 'languageTag'],
    ['json', '{"domain": "x", "fr¦', 'from', 'domain'],
    ['json', '{"options": {"tr¦', 'tracking', 'from'],
    ['json', '{"endpoint": "¦"}', 'https://api.eu.mailgun.net', 'domain'],
    ['json', '{"templates": [{}, {"details": {"contentType": ¦', 'text/plain', 'subject'],
  ]) {
    const got = suggestions(format, text);
    assert.ok(got.includes(wanted) && !got.includes(unwanted), `${text}: ${got}`);
  }
  assert.deepEqual(suggestions('yaml', 'options: {¦'), []);
});

test('rows of two versions have equal lines side by side', () => {
  assert.deepEqual(rows('a\nb\nc', 'a\nx\nc'), [['a', 'a'], ['b', 'x'], ['c', 'c']]);
  assert.deepEqual(rows('a\nb\nd', 'a\nb\nc\nd'), [['a', 'a'], ['b', 'b'], [null, 'c'], ['d', 'd']]);
  assert.deepEqual(rows('1\na\n2\nb\n3', '4\na\n5\nb\n6').filter(([l, r]) => l === r), [['a', 'a'], ['b', 'b']]);
  assert.deepEqual(rows('same', 'same'), [['same', 'same']]);
});

test('the fallback shown is the one that the service takes', () => {
  const find = (language, localized, delivered, { builtin = false, notice = false } = {}) => fallbackOf('T', language, {
    isLocalized: (...key) => localized.includes(key.join('/')),
    isDelivered: (type) => delivered.includes(type),
    isBuiltin: () => builtin,
    isNotice: () => notice,
  });
  const both = ['T', 'Generic'];
  assert.deepEqual(find('en', ['T/en', 'Generic/en'], both), { type: 'T', language: 'en' });
  assert.deepEqual(find('en', ['T/fr', 'Generic/en'], both), { type: 'Generic', language: 'en' });
  assert.deepEqual(find('en', ['T/fr', 'Generic/fr'], both), { type: 'T' });
  assert.deepEqual(find('', [], ['Generic']), { type: 'Generic' });
  assert.equal(find('en', ['T/fr'], []), null);
  assert.deepEqual(find('en', [], ['Generic'], { builtin: true }), { type: 'T', builtin: true });
  assert.deepEqual(find('en', [], both, { builtin: true }), { type: 'T' });
  assert.equal(find('en', ['Generic/en'], ['Generic'], { notice: true }), null);
});
