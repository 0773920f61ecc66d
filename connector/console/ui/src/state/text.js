// A config as text, JSON or YAML, and as a value. Changes of single members keep
// the comments and the order of a YAML text.

import { Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { at } from './pointer.js';

const reading = { merge: true, uniqueKeys: true, prettyErrors: true };
const writing = { lineWidth: 0 };

/** Reads a text: {value} or {broken: why}. */
export function read(text, format) {
  try {
    if (format === 'json') return { value: JSON.parse(text), broken: null };
    const doc = parseDocument(text, reading);
    if (doc.errors.length > 0) return { value: undefined, broken: doc.errors[0].message };
    return { value: doc.toJS({ maxAliasCount: 1000 }), broken: null };
  } catch (error) {
    return { value: undefined, broken: error.message };
  }
}

export const write = (value, format) =>
  format === 'json' ? JSON.stringify(value, null, 2) + '\n' : new Document(value).toString(writing);

/** Gives the text with one member set, or removed if the value is undefined. */
export function withMember(text, format, path, value) {
  if (format === 'json') return write(changed(JSON.parse(text), path, value), format);
  const doc = parseDocument(text, reading);
  const before = doc.toJS();
  const want = changed(before, path, value);
  try {
    if (value === undefined) doc.deleteIn(path);
    else if (isScalar(doc.getIn(path, true)) && (value === null || typeof value !== 'object')) {
      doc.setIn(path, value);
      restyle(doc.getIn(path, true));
    } else doc.setIn(path, doc.createNode(value));
    const result = doc.toString(writing);
    if (same(parseDocument(result, reading).toJS(), want)) return result;
  } catch {
    // An alias or a merge key stands in the way; the values come first.
  }
  return write(want, format);
}

/** What was on one line may be many now, and the other way round. */
function restyle(scalar) {
  if (typeof scalar.value !== 'string') return;
  if (scalar.value.includes('\n')) scalar.type = 'BLOCK_LITERAL';
  else if (scalar.type?.startsWith('BLOCK')) scalar.type = 'PLAIN';
}

export function changed(value, path, member) {
  if (path.length === 0) return member;
  const [step, ...rest] = path;
  const list = Array.isArray(value) || (value === undefined && /^\d+$/.test(step));
  const copy = list ? [...(value ?? [])] : { ...value };
  const inner = changed(at(value, [step]), rest, member);
  if (inner !== undefined) copy[step] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(step), 1);
  else delete copy[step];
  return copy;
}

/** Reports whether two JSON values are the same; the order of members is no matter. */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length
    && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** Gives a function from a path to its place {from, to} in the text. */
export function locator(text) {
  const doc = parseDocument(text, { ...reading, uniqueKeys: false }); // JSON is YAML too
  return (path) => {
    let node = doc.contents;
    let place = null;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find((item) => String(item.key?.value ?? item.key) === step);
        if (!pair?.key?.range) break;
        place = { from: pair.key.range[0], to: pair.key.range[1] };
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        if (!node?.range) break;
        place = { from: node.range[0], to: node.range[1] };
      } else break;
    }
    if (place && path.length > 0 && isScalar(node) && node.range && node.range[1] > node.range[0]) place.to = node.range[1];
    return place;
  };
}
