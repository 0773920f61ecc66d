// Placeholders in mails: marked where they stand, and suggested after "{{".

import { Decoration, MatchDecorator, ViewPlugin } from '@codemirror/view';

const pattern = /\{\{\{?\s*[\p{L}\p{N}_$.-]+\s*\}?\}\}|<<\s*[\p{L}\p{N}_$.-]+\s*>>/gu;

const matcher = new MatchDecorator({ regexp: pattern, decoration: Decoration.mark({ class: 'cm-placeholder-mark' }) });

export const placeholderMarks = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.marks = matcher.createDeco(view);
    }

    update(change) {
      this.marks = matcher.updateDeco(change, this.marks);
    }
  },
  { decorations: (plugin) => plugin.marks }
);

/** The dotted paths of a payload's values. */
export function pathsOf(payload, prefix = '') {
  if (payload === null || typeof payload !== 'object') return [];
  return Object.entries(payload).flatMap(([key, value]) => [prefix + key, ...pathsOf(value, `${prefix}${key}.`)]);
}

/** Makes a completion source for the payload that the function gives. */
export const placeholderSource = (payload) => (context) => {
  const typed = context.matchBefore(/\{\{\{?\s*[\w$.-]*$/);
  if (!typed) return null;
  const open = typed.text.match(/^\{+\s*/)[0];
  const closing = '}'.repeat(open.trimEnd().length);
  const after = context.state.sliceDoc(context.pos, context.pos + 3);
  return {
    from: typed.from + open.length,
    options: pathsOf(payload()).map((path) => ({ label: path, type: 'variable', apply: after.startsWith('}') ? path : path + closing })),
    validFor: /^[\w$.-]*$/,
  };
};
