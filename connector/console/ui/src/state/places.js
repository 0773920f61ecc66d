// Where the parts of a config's text are, from the nodes that its parser gives.

import { isCollection, isMap } from 'yaml';

/** The value of an entry of a collection: of a member, or of a list's element, which is one itself. */
export const valueOf = (entry) => (entry && 'key' in entry ? entry.value : entry);

/** Where an entry begins: a member with its name, an element behind its dash. */
export const startOf = (entry) => (entry.key ?? entry).range[0];

/** Where an entry ends, without the blanks and comments behind it. */
export function endOf(entry, structure) {
  const node = valueOf(entry);
  if (isCollection(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1), structure);
  return isMissing(node) && entry.key ? behindColon(entry, structure) : node.range[1];
}

/** Reports whether a name or a dash has nothing behind it. */
export const isMissing = (node) => !node?.range || node.range[0] === node.range[1];

export function behindColon({ key }, structure) {
  const at = structure.indexOf(':', key.range[1]);
  if (at < 0) throw new Error('there is no place for a value');
  return at + 1;
}

/** Where an entry of a block begins: its name, or its dash, all of which are in one column. */
export function headOf(holder, entry, structure) {
  if (isMap(holder)) return startOf(entry);
  const column = columnsAt(structure, holder.range[0]).length;
  let line = lineStart(structure, startOf(entry));
  while (line > 0 && structure[line + column] !== '-') line = lineStart(structure, line - 1);
  return line + column;
}

export const lineStart = (text, at) => text.lastIndexOf('\n', at - 1) + 1;

/** Where the line ends, before what ends it; nextLine is behind that. */
export const lineEnd = (text, at) => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};
export const nextLine = (text, at) => Math.min(lineEnd(text, at) + 1, text.length);
export const lineOf = (text, at) => text.slice(lineStart(text, at), lineEnd(text, at));

export const marginAt = (text, at) => /^[ \t]*/.exec(lineOf(text, at))[0];
export const columnsAt = (text, at) => ' '.repeat(at - lineStart(text, at));

/** How a text ends its lines, how far in it puts what belongs to something, and what it has after a name. */
export function styleOf(text, format) {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  if (format === 'json') {
    return {
      eol,
      unit: /[\r\n]([ \t]+)["{[]/.exec(text)?.[1] ?? '',
      colon: /": /.test(text) || !/":/.test(text) ? ': ' : ':',
    };
  }
  const unit = /^[\w"'].*:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( +)[^\s#-]/m.exec(text)?.[1] ?? '  ';
  return { eol, unit: unit.slice(0, 8), colon: ': ' };
}
