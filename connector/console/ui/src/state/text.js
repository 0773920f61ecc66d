// A config as text, JSON or YAML, and as a value. A change of the value becomes one of the
// text that leaves all else of it as it is written.

import { Document, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { at } from './pointer.js';
import { isMissing, valueOf } from './places.js';
import { changedText } from './splice.js';
import { changed, differences, same } from './value.js';

const limits = { maxAliasCount: 1000 };
const parse = (structure) => parseDocument(structure, { merge: true, uniqueKeys: true, prettyErrors: true });

/** What ends a line for the service's parser of YAML, and not for the one here. */
const otherBreak = /\r(?!\n)|[\u0085\u2028\u2029]/;

/**
 * The ways to see a text, each of the same length: as the service does, or as it is where
 * the parser here would then find fault with the lines of a text in quotes.
 */
const views = [(text) => text.replace(new RegExp(otherBreak, 'g'), '\n'), (text) => text];

/** A text without a byte order mark. */
const bare = (text) => text.replace(/^\ufeff/, '');

/** Reads a text: {value} or {broken: why}. */
export function read(text, format) {
  try {
    if (format === 'json') return { value: JSON.parse(bare(text)), broken: null };
    const doc = readable(bare(text));
    return doc.errors.length > 0
      ? { value: undefined, broken: doc.errors[0].message }
      : { value: doc.toJS(limits), broken: null };
  } catch (error) {
    return { value: undefined, broken: error.message };
  }
}

function readable(text) {
  const doc = parse(views[0](text));
  return doc.errors.length > 0 && otherBreak.test(text) ? parse(views[1](text)) : doc;
}

export const write = (value, format) =>
  format === 'json' ? JSON.stringify(value, null, 2) + '\n' : new Document(value).toString({ lineWidth: 0 });

/**
 * Gives the text changed to say what is wanted. It throws where that can't be done without
 * touching anything else.
 */
export function revised(source, want, format) {
  const changes = differences(source.value, want);
  const before = read(source.text, format).value;
  const expected = changes.reduce((value, change) => changed(value, change.path, change.value), before);
  const body = bare(source.text);
  const mark = source.text.slice(0, source.text.length - body.length);
  const starts =
    format === 'json' ? [(text) => text] : [(text) => text, (text, view) => aliasesWrittenOut(text, view, changes)];
  let failure = null;
  for (const view of views) {
    for (const start of starts) {
      try {
        const text = withChanges(start(body, view), changes, view, format);
        if (same(read(text, format).value, expected)) return mark + text;
      } catch (error) {
        failure = error;
      }
    }
  }
  throw failure ?? new Error('something else would change with it');
}

const withChanges = (text, changes, view, format) => changes.reduce(
  (all, { path, value }) => changedText({ text: all, structure: view(all), format }, path, value),
  text,
);

/** Gives each alias that stands for what changes, or that holds it, a copy of its own. */
function aliasesWrittenOut(text, view, changes) {
  const doc = parse(view(text));
  const value = doc.toJS(limits);
  const all = [...nodes(doc.contents)];
  const isIn = (path, outer) => outer.every((step, i) => path[i] === step);
  const isTouched = ({ node, path }) => {
    const source = all.findLast((other) => other.node.anchor === node.source)?.path ?? [];
    return changes.some((change) => isIn(change.path, path) || isIn(change.path, source) || isIn(source, change.path));
  };
  const paths = all.filter((one) => isAlias(one.node) && isTouched(one)).map(({ path }) => path);
  return withChanges(text, paths.map((path) => ({ path, value: at(value, path) })), view, 'yaml');
}

function* nodes(node, path = []) {
  if (!node) return;
  yield { node, path };
  for (const [i, entry] of isMap(node) || isSeq(node) ? node.items.entries() : []) {
    yield* nodes(valueOf(entry), [...path, isMap(node) ? String(entry.key?.value ?? entry.key) : String(i)]);
  }
}

/** Gives a function from a path to its place {from, to} in the text. */
export function locator(text) {
  const body = bare(text);
  const doc = readable(body); // JSON is YAML too
  const before = text.length - body.length;
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
    if (place && isScalar(node) && !isMissing(node)) place.to = node.range[1];
    return place && { from: place.from + before, to: place.to + before };
  };
}
