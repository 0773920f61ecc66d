// Any change of any config: the text says what is wanted, and what belongs to other members
// stays as it is written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Document } from 'yaml';
import { read, revised } from '../src/state/text.js';
import { changed, same } from '../src/state/value.js';

/** Random numbers from 0 to 1, the same ones each time (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const texts = [
  'x', 'hello world', 'a: b', 'a #b', '', ' lead', 'trail ', '{{code}} is', 'yes', '1_000', '0o17', '.5', '- a', '*x',
  "it's", 'say "hi"', '2024-01-02', 'tab\tin', '\ttab', '😀', 'a\u2028b', 'a\u0085b', '\ufeffbom', 'a\u007fb', 'a\r\nb',
  'a\nb', 'a\nb\n', 'a\n\nb\n\n', '\na\nb', '\n\n', '  a\nb\n', '\ta\nb', ' \na\n', '<p>\n  {{code}}\n</p>\n', '# c\nx\n',
];
const names = ['domain', 'html', 'content', 'subject', 'SignIn', 'x-y', 'a b', 'yes', '1', 'k: v', '#k'];

function maker(next) {
  const pick = (list) => list[Math.floor(next() * list.length)];
  const value = (depth) => {
    const kind = depth > 0 ? next() : 0;
    if (kind < 0.5) return next() < 0.85 ? pick(texts) : pick([true, null, 1.5]);
    const items = Array.from({ length: 1 + Math.floor(next() * 3) }, () => value(depth - 1));
    return kind < 0.75 ? items : Object.fromEntries(items.map((item) => [pick(names), item]));
  };
  const config = () => Object.fromEntries(names.slice(0, 2 + Math.floor(next() * 4)).map((name) => [name, value(3)]));
  return { pick, value, config };
}

const pathsOf = (value, path = []) => (value !== null && typeof value === 'object'
  ? Object.entries(value).flatMap(([step, inner]) => [[...path, step], ...pathsOf(inner, [...path, step])])
  : []);

function written(config, next, pick) {
  if (next() < 0.3) return { format: 'json', text: JSON.stringify(config, null, pick([0, 2, '\t'])) };
  const style = { lineWidth: 0, indent: pick([2, 4]), indentSeq: next() < 0.5, defaultStringType: pick(['PLAIN', 'QUOTE_DOUBLE']) };
  const lines = new Document(config).toString({ ...style, collectionStyle: pick(['any', 'any', 'flow']) }).split('\n');
  const text = lines.flatMap((line) => (/^[\w"]/.test(line) && next() < 0.5 ? ['', `# ${line.length}`, line] : [line])).join('\n');
  return { format: 'yaml', text: next() < 0.3 ? text.replaceAll('\n', '\r\n') : text };
}

/** The texts of the members of a config in blocks, without the blank lines and comments around them. */
const membersOf = (text) =>
  text.split(/(?<![^\n])(?=#|[\w"'])/).filter((part) => !part.startsWith('#')).map((part) => part.trimEnd());

test('any change is made, and made alone', () => {
  const next = random(20260807);
  const { pick, value, config } = maker(next);
  let made = 0;
  for (let i = 0; i < 300; i++) {
    const { format, text } = written(config(), next, pick);
    const before = read(text, format).value;
    if (before === undefined) continue; // not even the library reads all that it writes
    const path = pick(pathsOf(before));
    const after = changed(before, path, next() < 0.3 ? undefined : value(1));
    const result = revised({ text, value: before }, after, format);
    assert.ok(same(read(result, format).value, after), `${JSON.stringify(text)} with ${path} became ${JSON.stringify(result)}`);
    if (format === 'yaml' && !text.startsWith('{')) {
      const kept = membersOf(text).filter((part) => !part.replaceAll('"', '').startsWith(`${path[0]}:`));
      for (const part of kept) assert.ok(result.includes(part), `${JSON.stringify(part)} is not in ${JSON.stringify(result)}`);
    }
    made++;
  }
  assert.ok(made > 280, `${made} configs were read`);
});
