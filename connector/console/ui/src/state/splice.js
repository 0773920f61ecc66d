// Changes a config's text in one place: the parser tells where each value is, and the change
// is made in the text itself, so that all else stays as it is written.

import { isCollection, isMap, parseDocument } from 'yaml';
import { flowAdded, flowRemoved, flowReplaced } from './flow.js';
import {
  behindColon,
  columnsAt,
  endOf,
  headOf,
  isMissing,
  lineEnd,
  lineOf,
  lineStart,
  marginAt,
  nextLine,
  startOf,
  styleOf,
  valueOf,
} from './places.js';
import { at } from './pointer.js';
import { changed } from './value.js';
import { block, blockHeader, blockLines, element, fitsBlock, inline } from './writing.js';

let last = {}; // what was parsed: while somebody types in a field it is the same text again and again

function parsed(structure) {
  if (structure !== last.structure) {
    const doc = parseDocument(structure, { uniqueKeys: false, prettyErrors: false }); // JSON is YAML too
    last = { structure, doc };
  }
  return last.doc;
}

/**
 * Gives a text in which the value at a path is another, or gone if it is undefined.
 * structure is the text as the parser is to see it, of the same length. It throws where
 * there is no such place, as behind an alias.
 */
export function changedText({ text, structure, format }, path, value) {
  const doc = parsed(structure);
  const source = { text, structure, format, style: styleOf(text, format) };
  const { from, to, insert } = withoutBlankLines(source, edit(source, doc, path, value), value);
  return text.slice(0, from) + insert + text.slice(to);
}

/** Ends a block whose text has blank lines at its end so that it has no more of them, and no less. */
function withoutBlankLines({ structure, style }, { from, to, insert, isWhole }, value) {
  let final = value;
  while (final !== null && typeof final === 'object') final = Object.values(final).at(-1);
  if (isWhole === undefined || !fitsBlock(final) || !final.endsWith('\n\n')) return { from, to, insert };
  const isBlankAt = (at) => at < structure.length && structure.slice(at, lineEnd(structure, at)).trim() === '';
  let end = isWhole ? to : nextLine(structure, to);
  while (isBlankAt(end)) end = nextLine(structure, end);
  return { from, to: end, insert: isWhole ? insert : insert + style.eol };
}

/** The change {from, to, insert} of the text. Where it may be of lines, isWhole tells whether it is of whole ones. */
function edit(source, doc, path, value) {
  const { structure, style } = source;
  if (path.length === 0) {
    const { contents } = doc;
    return behind(source, contents.range[0], endOf(contents, structure), block(value, '', style).trimStart());
  }
  const step = stepTo(doc, path);
  const { outer, holder, index } = step;
  const outermost = outer.findIndex((node) => node.flow);
  if (outermost > 0 && needsLines(source, outer[outermost], value, index === undefined)) {
    const shorter = path.slice(0, outermost);
    return edit(source, doc, shorter, changed(at(doc.toJS(), shorter), path.slice(outermost), value));
  }
  if (value === undefined) {
    if (outermost >= 0) return flowRemoved(source, holder, index);
    if (holder.items.length > 1) return removed(source, holder, index);
    return edit(source, doc, path.slice(0, -1), isMap(holder) ? {} : []);
  }
  if (index === undefined) return (outermost >= 0 ? flowAdded : added)(source, holder, path.at(-1), value);
  return (outermost >= 0 ? flowReplaced : replaced)(source, step, value);
}

/** Finds a path: the collections that it leads through, and the place in the last of them if it is taken. */
function stepTo(doc, path) {
  const outer = [];
  let node = doc.contents;
  let index;
  for (const name of path) {
    if (!isCollection(node)) throw new Error('there is no such place');
    outer.push(node);
    index = isMap(node) ? node.items.findLastIndex(({ key }) => String(key?.value ?? key) === name) : Number(name);
    node = valueOf(node.items[index]);
  }
  const holder = outer.at(-1);
  return { outer, holder, index: holder.items[index] ? index : undefined, node };
}

/**
 * Reports whether braces or brackets in YAML must go for a value: a block of lines does not
 * fit in them, and empty ones may as well. What has comments in it is left as it is.
 */
function needsLines({ text, format }, holder, value, isNew) {
  if (format === 'json' || value === undefined) return false;
  if (isNew && holder.items.length === 0) return true;
  return fitsBlock(value) && value.includes('\n') && !text.slice(...holder.range).includes('#');
}

const isBlockText = (node) => Boolean(node?.type?.startsWith('BLOCK'));
const isSingle = (value) => value === null || typeof value !== 'object';

function replaced(source, step, value) {
  const { structure, style } = source;
  const { holder, index, node } = step;
  const entry = holder.items[index];
  const isOnLine = !isMissing(node) && !isBlockText(node) && (node.flow || !isCollection(node));
  if (isBlockText(node) && fitsBlock(value)) return blockReplaced(source, step, value);
  if (isBlockText(node) && isSingle(value)) {
    const [from, to] = node.range;
    return { from, to, insert: inline(value) + commentOf(source, from) + style.eol };
  }
  if (isOnLine && fitsBlock(value) && value.includes('\n')) return lineReplaced(source, step, value);
  if (isOnLine && isSingle(value)) return { from: node.range[0], to: node.range[1], insert: inline(value, node.type) };
  const to = endOf(entry, structure);
  const text = (entry.key ? block : element)(value, outerMargin(source, step), style);
  return behind(source, entry.key ? behindColon(entry, structure) : headOf(holder, entry, structure) + 1, to, text);
}

/** The change that puts lines behind a name or a dash, in the place of what may have ended its last line. */
function behind({ structure, style }, from, to, text) {
  const isWhole = structure[to - 1] === '\n';
  return { from, to, insert: isWhole ? text + style.eol : text, isWhole };
}

/** The margin that the lines of a value must be further in than. */
const outerMargin = ({ structure }, { holder, index }) =>
  columnsAt(structure, headOf(holder, holder.items[index], structure));

/** Puts a block in the place of a value on one line; a comment behind that stays there. */
function lineReplaced(source, step, value) {
  const { text, structure, style } = source;
  const [from, to] = step.node.range;
  const comment = text.slice(to, lineEnd(structure, to)).trimEnd();
  if (comment !== '' && !/^\s+#/.test(comment)) throw new Error('something else is on the line');
  const lines = blockLines(value, outerMargin(source, step) + style.unit, style.eol).join('');
  const header = blockHeader(value, style.unit.length) + comment + style.eol;
  return { from, to: nextLine(structure, to), insert: header + lines, isWhole: true };
}

/** The comment behind the header of a block. */
const commentOf = ({ text, structure }, from) =>
  text.slice(from, lineEnd(structure, from)).replace(/^[|>][\d+-]*/, '').trimEnd();

/** Changes the lines of a block that differ. */
function blockReplaced(source, step, value) {
  const { text, structure, style } = source;
  const [from, to] = step.node.range;
  const outer = outerMargin(source, step);
  const begin = Math.min(nextLine(structure, from), to);
  const columns = /^[|>][+-]?(\d?)/.exec(text.slice(from))[1];
  const old = text.slice(begin, to).match(/.*?(?:\r\n|\n|\r)|.+$/gs) ?? [];
  const margin = columns
    ? outer + ' '.repeat(columns)
    : /^ */.exec(old.find((line) => line.trim() !== '') ?? '')[0] || outer + style.unit;
  const lines = blockLines(value, margin, style.eol);
  if (structure[from] === '|') keepEqual(old, lines, margin);
  const header = blockHeader(value, margin.length - outer.length) + commentOf(source, from) + style.eol;
  return { from, to, insert: header + lines.join(''), isWhole: true };
}

/** Takes lines as they were written where they say the same, from both ends. */
function keepEqual(old, lines, margin) {
  const said = (line) => line.replace(/[\r\n]+$/, '').slice(margin.length);
  const isEqual = (a, b) => /[\r\n]$/.test(a) && said(a) === said(b);
  const most = Math.min(old.length, lines.length);
  let head = 0;
  while (head < most && isEqual(old[head], lines[head])) lines[head] = old[head++];
  for (let tail = 1; tail <= most - head && isEqual(old.at(-tail), lines.at(-tail)); tail++)
    lines[lines.length - tail] = old.at(-tail);
}

/**
 * Removes the lines of an entry, and the comment right above it; one at the very beginning
 * may be about the whole file, and stays.
 */
function removed({ structure }, holder, index) {
  const { items } = holder;
  const head = headOf(holder, items[index], structure);
  const margin = marginAt(structure, head);
  let from = lineStart(structure, head);
  const isBehindDash = margin.length < head - from;
  if (isBehindDash) return { from: head, to: headOf(holder, items[index + 1], structure), insert: '' };
  let top = from;
  while (top > 0 && lineOf(structure, top - 1).startsWith(`${margin}#`)) top = lineStart(structure, top - 1);
  if (top > 0) from = top;
  const end = endOf(items[index], structure);
  let to = structure[end - 1] === '\n' ? end : nextLine(structure, end);
  const isAt = (line, pattern) => line < structure.length && pattern.test(lineOf(structure, line));
  while (isAt(to, /^[ \t]+#/) && marginAt(structure, to).length > margin.length) to = nextLine(structure, to);
  const isFirst = from > 0 && marginAt(structure, from - 1).length < margin.length;
  const isBelowBlank = from > 0 && isAt(from - 1, /^\s*$/);
  if ((isFirst || isBelowBlank) && isAt(to, /^\s*$/)) to = nextLine(structure, to);
  return { from, to, insert: '' };
}

/** Adds an entry behind the others, with a blank line before it if they have one between them. */
function added({ structure, style }, holder, name, value) {
  const { items } = holder;
  const margin = columnsAt(structure, headOf(holder, items[0], structure));
  const end = endOf(items.at(-1), structure);
  const at = structure[end - 1] === '\n' ? end : nextLine(structure, end);
  const isSpaced =
    items.length > 1 && /\n[ \t]*\r?\n/.test(structure.slice(endOf(items[0], structure) - 1, startOf(items[1])));
  const text = isMap(holder) ? `${inline(name)}:${block(value, margin, style)}` : `-${element(value, margin, style)}`;
  const isWhole = structure[at - 1] === '\n'; // not so behind a last line without an end
  const lines = (isSpaced ? style.eol : '') + margin + text;
  return { from: at, to: at, insert: isWhole ? lines + style.eol : style.eol + lines, isWhole };
}
