// How values are written into a config's text. The service reads YAML with a parser of other
// habits than the one here: what either could take for something else goes in double quotes.

import { stringify } from 'yaml';
import { isObject } from './value.js';

const special = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;
const needsEscapes = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Cs}/u;
const maybeNoText = /^([-+.\d][\w+.:-]*|[~=]|<<|y|n|yes|no|on|off|true|false|null)$/i;
const plainInFlow = /^[A-Za-z]([\w .@/<>-]*[\w@/<>])?$/;

const isCollection = (value) => value !== null && typeof value === 'object';
const isEmpty = (value) => Object.keys(value).length === 0;

const doubleQuoted = (text) =>
  JSON.stringify(text).replace(special, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Writes a text, number, boolean or null on one line of YAML, a text with quotes of the type if that can be. */
export function inline(value, type = 'PLAIN', inFlow = false) {
  if (typeof value !== 'string') return JSON.stringify(value);
  if (type === 'QUOTE_DOUBLE' || needsEscapes.test(value) || value.includes('\n')) return doubleQuoted(value);
  if (type === 'QUOTE_SINGLE') return `'${value.replaceAll("'", "''")}'`;
  if (maybeNoText.test(value) || (inFlow && !plainInFlow.test(value))) return doubleQuoted(value);
  return stringify(value, { lineWidth: 0, version: '1.1' }).replace(/\n$/, '');
}

/** Writes any value on one line of YAML, in brackets and braces. */
export function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, member]) => `${inline(name, 'PLAIN', true)}: ${flow(member)}`);
    return `{${members.join(', ')}}`;
  }
  return inline(value, 'PLAIN', true);
}

/** Reports whether a value is a text that can stand in a block of lines. */
export const fitsBlock = (value) => typeof value === 'string' && !needsEscapes.test(value) && value.trim() !== '';

/** The header of the block of a text whose lines are some columns further in than what it belongs to. */
export function blockHeader(text, columns) {
  const [above, first] = /^[\n ]*(.)/.exec(text);
  const isUnclear = first === '\t' || / /.test(above); // how far in the text begins
  const ends = /\n*$/.exec(text)[0].length;
  return `|${isUnclear ? columns : ''}${['-', ''][ends] ?? '+'}`;
}

/** The lines of a block, each with its end; a blank one has no margin. */
export const blockLines = (text, margin, eol) =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line ? margin + line : '') + eol);

/**
 * Writes what follows "name:" in a block of YAML: after a space, or on lines of its own
 * that are further in than the margin. It ends without the end of its last line.
 */
export function block(value, margin, style) {
  const { unit, eol } = style;
  const inner = margin + unit;
  if (fitsBlock(value) && value.includes('\n')) {
    return ` ${blockHeader(value, unit.length)}${eol}${blockLines(value, inner, eol).join('').slice(0, -eol.length)}`;
  }
  if (!isCollection(value)) return ` ${inline(value)}`;
  if (isEmpty(value)) return ` ${flow(value)}`;
  const own = `${eol}${inner}`;
  if (Array.isArray(value)) return value.map((one) => `${own}-${element(one, inner, style)}`).join('');
  return Object.entries(value)
    .map(([name, member]) => `${own}${inline(name)}:${block(member, inner, style)}`)
    .join('');
}

/** Writes what follows the "-" of a list: an object begins on the same line. */
export function element(value, margin, style) {
  if (!isObject(value) || isEmpty(value)) return block(value, margin, style);
  const inner = `${margin}  `;
  return Object.entries(value)
    .map(([name, member], i) => `${i === 0 ? ' ' : style.eol + inner}${inline(name)}:${block(member, inner, style)}`)
    .join('');
}
