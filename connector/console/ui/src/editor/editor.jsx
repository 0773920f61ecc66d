// A code editor. It lives in a shadow root, where CodeMirror's styles are adopted
// style sheets: the page's policy allows no style elements.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { html } from '@codemirror/lang-html';
import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { sentence } from '../parts/parts.jsx';
import { plain, withLineEnds } from '../state/lines.js';
import { phrases } from '../words/words.js';
import { placeholderMarks } from './placeholders.js';
import { look } from './theme.js';

const languages = {
  json: () => json(),
  yaml: () => yaml(),
  html: () => html({ autoCloseTags: true }),
  text: () => [],
};

function extensions({ language, sources }, named, own) {
  const complete = sources?.length
    ? EditorState.languageData.of(() => sources.map((source) => ({ autocomplete: source })))
    : [];
  return [
    lineNumbers(), foldGutter(), highlightActiveLine(), highlightActiveLineGutter(), lintGutter(),
    history(), drawSelection(), bracketMatching(), closeBrackets(), search({ top: true }),
    autocompletion({ icons: false }), complete,
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap]),
    EditorView.lineWrapping,
    languages[language](),
    language === 'json' || language === 'yaml' ? [] : placeholderMarks,
    look,
    EditorState.phrases.of(phrases),
    own.readOnly.of([]),
    own.attributes.of(named),
    EditorView.updateListener.of((change) => change.docChanged && !own.silent && own.onChange?.(change.state.doc.toString())),
  ];
}

// The problems stand outside the shadow root, where no id leads to, so they are told in words.
const attributes = (label, invalid, description) =>
  EditorView.contentAttributes.of({ 'aria-label': label, ...(description && { 'aria-description': description }), 'aria-invalid': invalid ? 'true' : 'false', tabindex: '0', autocapitalize: 'off', spellcheck: 'false' });

/** Brings the editor's text to one that came from elsewhere, changing as little as can be. */
function setText(view, text) {
  const value = plain(text);
  const old = view.state.doc.toString();
  if (old === value) return;
  let from = 0;
  while (from < old.length && from < value.length && old[from] === value[from]) from++;
  let end = 0;
  while (end < old.length - from && end < value.length - from && old[old.length - 1 - end] === value[value.length - 1 - end]) end++;
  view.dispatch({ changes: { from, to: old.length - end, insert: value.slice(from, value.length - end) } });
}

/** What is no text, such as a number in a document that was typed, shows as JSON. */
const asText = (value) => (typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value));

export function Editor(props) {
  const { onChange, diagnostics = [], readOnly = false, label, language, problems = [], invalid = problems.length > 0, size = 'medium' } = props;
  const description = problems.map((p) => sentence(p.detail)).join(' ');
  const value = asText(props.value);
  const host = useRef(null);
  const own = useRef(null);

  // Layout effects, for they run before the next key is pressed: later ones would
  // take away what was typed meanwhile.
  useLayoutEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const mine = { readOnly: new Compartment(), attributes: new Compartment(), silent: false, onChange: null };
    mine.view = new EditorView({ root, parent: root, state: EditorState.create({ doc: value, extensions: extensions(props, attributes(label, invalid, description), mine) }) });
    own.current = mine;
    return () => mine.view.destroy();
  }, [language]);

  useLayoutEffect(() => {
    const mine = own.current;
    mine.onChange = (typed) => onChange?.(withLineEnds(value, typed));
    mine.silent = true; // what comes from outside is no change of the user's
    setText(mine.view, value);
    mine.silent = false;
  });
  useLayoutEffect(() => {
    const { view, readOnly: lock } = own.current;
    view.dispatch({ effects: lock.reconfigure(readOnly ? [EditorState.readOnly.of(true)] : []) });
  }, [readOnly, language]);
  useLayoutEffect(() => {
    const { view, attributes: named } = own.current;
    view.dispatch({ effects: named.reconfigure(attributes(label, invalid, description)) });
  }, [label, invalid, description, language]);
  useLayoutEffect(() => {
    const { view } = own.current;
    const inside = (place) => Math.min(Math.max(place, 0), view.state.doc.length);
    const list = diagnostics.map((d) => ({ ...d, from: inside(d.from), to: Math.max(inside(d.to), inside(d.from)) }));
    view.dispatch(setDiagnostics(view.state, list));
  }, [JSON.stringify(diagnostics), language]);

  return <div class={`editor editor-${size} ${invalid ? 'editor-invalid' : ''}`} ref={host} />;
}
