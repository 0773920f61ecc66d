// Changes in braces and brackets: of JSON, and of YAML that is written like it.

import { isMap } from 'yaml';
import { behindColon, endOf, isMissing, lineStart, marginAt, startOf } from './places.js';
import { flow, inline } from './writing.js';

/** The change that puts another value in the place of an entry's. */
export function flowReplaced(source, { holder, index, node }, value) {
  const { structure, format } = source;
  const isText = value === null || typeof value !== 'object';
  if (isMissing(node)) {
    const at = behindColon(holder.items[index], structure);
    return { from: at, to: at, insert: ` ${flow(value)}` };
  }
  const [from, to] = node.range;
  if (format === 'json') return { from, to, insert: json(source, value, from) };
  return { from, to, insert: isText ? inline(value, node.type, true) : flow(value) };
}

export function flowRemoved({ structure }, holder, index) {
  const { items } = holder;
  if (items.length === 1) return { from: holder.range[0] + 1, to: holder.range[1] - 1, insert: '' };
  if (index === 0) return { from: startOf(items[0]), to: startOf(items[1]), insert: '' };
  return { from: endOf(items[index - 1], structure), to: endOf(items[index], structure), insert: '' };
}

/** The change that adds an entry behind the others, with what stands between those before it. */
export function flowAdded(source, holder, name, value) {
  const { structure, style } = source;
  const { items } = holder;
  if (items.length === 0) return firstAdded(source, holder, name, value);
  const last = startOf(items.at(-1));
  const between =
    items.length > 1
      ? structure.slice(endOf(items.at(-2), structure), last).replace(/^\s*,/, '')
      : structure.slice(holder.range[0] + 1, last);
  const isUsual = /^\s*$/.test(between) && (items.length > 1 || between.includes('\n'));
  const gap = isUsual ? between.replace(/\r?\n/g, style.eol) : style.colon.slice(1);
  const at = endOf(items.at(-1), structure);
  return { from: at, to: at, insert: `,${gap}${entry(source, holder, name, value, last)}` };
}

function firstAdded(source, holder, name, value) {
  const { structure, style, format } = source;
  const [from, to] = [holder.range[0] + 1, holder.range[1] - 1];
  if (format !== 'json' || !style.unit) return { from, to, insert: entry(source, holder, name, value, from) };
  const margin = style.eol + marginAt(structure, from);
  const text = entry(source, holder, name, value, null).replaceAll('\n', margin + style.unit);
  return { from, to, insert: `${margin}${style.unit}${text}${margin}` };
}

function entry(source, holder, name, value, near) {
  const isMember = isMap(holder);
  if (source.format !== 'json') return (isMember ? `${inline(name, 'PLAIN', true)}: ` : '') + flow(value);
  return (isMember ? JSON.stringify(name) + source.style.colon : '') + json(source, value, near);
}

/** A value as JSON: on lines of its own where what it is near has one, null for no margin. */
function json({ structure, style }, value, near) {
  if (near === null) return JSON.stringify(value, null, style.unit);
  const isOnOwnLine = /^\s*("[^"]*"\s*:\s*)?$/.test(structure.slice(lineStart(structure, near), near));
  if (!style.unit || !isOnOwnLine) return JSON.stringify(value);
  return JSON.stringify(value, null, style.unit).replaceAll('\n', style.eol + marginAt(structure, near));
}
