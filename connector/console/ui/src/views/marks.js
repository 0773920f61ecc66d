// Where in a text the service's sentences about it belong: those that name a line.

import { sentence } from '../parts/parts.jsx';

/** The line that a sentence names, 0 for none. */
export const lineOf = (detail) => Number(detail.match(/(?<=\bline )\d+|\d+(?= 行目)/)?.[0] ?? 0);

/** Where a line is, as the service counts lines. */
export function lineAt(text, n) {
  const line = [...text.matchAll(/(.*?)(?:\r\n|[\n\r\u0085\u2028\u2029]|$)/gs)][n - 1];
  return line ? { from: line.index, to: line.index + line[1].length } : null;
}

/** Warnings of one text as marks for its editor. */
export const marksOf = (text, warnings = []) => warnings
  .map(({ detail }) => ({ ...lineAt(text, lineOf(detail) || 1), severity: 'warning', message: sentence(detail) }))
  .filter(({ from }) => from !== undefined);
