// A config as text, JSON or YAML, and as a value. Changes of single members keep
// the comments and the order of a YAML text.

import { Document, isMap, isScalar, isSeq, parseDocument, stringify, visit } from 'yaml';
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

/**
 * Gives a YAML text changed to mean what is wanted, from the way that spares most
 * of it to the one that always works.
 */
export function revised(text, want) {
  for (const way of [spliced, edited, expanded]) {
    try {
      const result = way(text, want);
      if (same(meaning(result), want)) return result;
    } catch {
      // An alias stands in the way, or the text can't be read.
    }
  }
  return write(want, 'yaml');
}

const limits = { maxAliasCount: 1000 };
const meaning = (text) => parseDocument(text, reading).toJS(limits);

/** Replaces single values where they stand. */
function spliced(text, want) {
  const doc = parseDocument(text, reading);
  const edits = differences(doc.toJS(limits), want).map(({ path, value }) => {
    const node = doc.getIn(path, true);
    const isPlain = isScalar(node) && !node.anchor && !node.type.startsWith('BLOCK') && ['string', 'boolean', 'number'].includes(typeof value);
    if (!isPlain || node.range[0] === node.range[1]) throw new Error('not a value on one line');
    return { from: node.range[0], to: node.range[1], insert: stringify(value, { ...writing, defaultStringType: node.type }).trimEnd() };
  });
  if (edits.some(({ insert }) => insert.includes('\n'))) throw new Error('not a value on one line');
  return edits.sort((a, b) => b.from - a.from).reduce((all, { from, to, insert }) => all.slice(0, from) + insert + all.slice(to), text);
}

/** Changes the nodes that differ, and writes them all as they were written. */
function edited(text, want) {
  const doc = parseDocument(text, reading);
  for (const change of differences(doc.toJS(limits), want)) put(doc, change);
  return doc.toString(styleOf(text));
}

/** Does so with what is shared written out, so that a change is in one place only. */
function expanded(text, want) {
  const doc = parseDocument(text, reading);
  const all = doc.toJS(limits); // fails for what would grow without end
  const bare = (node) => {
    const copy = node.resolve(doc).clone();
    delete copy.anchor;
    return copy;
  };
  visit(doc, { Alias: (_, node) => bare(node) });
  visit(doc, { Node: (_, node) => { delete node.anchor; } });
  for (const change of differences(all, want)) put(doc, change);
  return doc.toString(styleOf(text));
}

function put(doc, { path, value }) {
  if (value === undefined) {
    if (doc.hasIn(path)) doc.deleteIn(path); // deleting what is not there would take comments along
  } else if (isScalar(doc.getIn(path, true)) && (value === null || typeof value !== 'object')) {
    doc.setIn(path, value);
    restyle(doc.getIn(path, true));
  } else doc.setIn(path, doc.createNode(value));
}

/** The changes {path, value} that make one value another. */
function differences(before, want, path = []) {
  if (same(before, want)) return [];
  if (Array.isArray(before) && Array.isArray(want)) return listDifferences(before, want, path);
  if (!isObject(before) || !isObject(want)) return [{ path, value: want }];
  const names = new Set([...Object.keys(before), ...Object.keys(want)]);
  return [...names].flatMap((name) => {
    if (!Object.hasOwn(before, name)) return [{ path: [...path, name], value: want[name] }];
    return Object.hasOwn(want, name) ? differences(before[name], want[name], [...path, name]) : [{ path: [...path, name], value: undefined }];
  });
}

function listDifferences(before, want, path) {
  const first = before.findIndex((value, i) => !same(value, want[i]));
  if (before.length === want.length + 1 && same(before.filter((_, i) => i !== first), want)) return [{ path: [...path, first], value: undefined }];
  const both = Math.min(before.length, want.length);
  return [
    ...want.slice(0, both).flatMap((value, i) => differences(before[i], value, [...path, i])),
    ...want.slice(both).map((value, i) => ({ path: [...path, both + i], value })),
    ...before.slice(both).map((_, i) => ({ path: [...path, before.length - 1 - i], value: undefined })), // the last one first
  ];
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** How a text is indented and spaced. */
function styleOf(text) {
  const indent = text.match(/^[\w"'].*:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*( +)[^\s#-]/m)?.[1].length ?? 2;
  return { ...writing, indent: Math.min(indent, 8), indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\n\1- /m.test(text), flowCollectionPadding: !/: [{[][^\s\]}]/.test(text) };
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
  const copy = list ? [...(value ?? [])] : isObject(value) ? { ...value } : {};
  const inner = changed(at(value, [step]), rest, member);
  if (inner !== undefined) copy[step] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(step), 1);
  else delete copy[step];
  return copy;
}

/** Gives a value with its members in the order that they have in another. */
export function inOrderOf(other, value) {
  if (Array.isArray(value)) return value.map((item, i) => inOrderOf(at(other, [i]), item));
  if (!isObject(value)) return value;
  const names = isObject(other) ? Object.keys(other).filter((name) => Object.hasOwn(value, name)) : [];
  const all = [...new Set([...names, ...Object.keys(value)])];
  return Object.fromEntries(all.map((name) => [name, inOrderOf(at(other, [name]), value[name])]));
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
