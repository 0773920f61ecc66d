// The editors of a mail's HTML and text part, also where these stand in files.

import { useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { placeholderSource } from '../editor/placeholders.js';
import { Field, Problems } from '../parts/parts.jsx';
import { member, setMember } from '../state/draft.js';
import { inlineOf } from '../state/files.js';
import { withLineEnds } from '../state/lines.js';
import { payloadOf } from '../state/payload.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { notify, state } from '../state/store.js';
import { t } from '../words/words.js';
import { FileField } from './filefield.jsx';
import { marksOf } from './marks.js';

/** What the service says of the member of a content: {problems, warnings}. */
const saidOf = (path) => ({
  problems: problemsAt(state.check.errors, pointerOf(path)),
  warnings: problemsAt(state.check.warnings, pointerOf(path)),
});

/** Puts the text of a file into the config, in the place of the file's name. */
function takeIn(path, fileMember, name, text) {
  const { [fileMember]: named, ...rest } = member(...path) ?? {};
  if (named !== name) return; // it was changed meanwhile
  setMember(path, { ...rest, [inlineOf[fileMember]]: text });
  notify('plain', t('mail.takenIn', { file: name }));
}

/** A mail's HTML, which stands at path in member, or in the file that fileMember names. */
export function HTMLField({ type, content, path, inline = 'html', fileMember = 'htmlFile', onInput }) {
  const name = content[fileMember];
  if (typeof name === 'string') {
    return (
      <FileField label={t('mail.html')} help={t('mail.htmlIsFile', { file: name })} language="html" type={type} name={name} {...saidOf([...path, fileMember])}
        onTakeIn={(text) => takeIn(path, fileMember, name, text)} />
    );
  }
  return <CodeField label={t('mail.html')} type={type} value={content[inline]} {...saidOf([...path, inline])} onInput={onInput} />;
}

export function CodeField({ label, value, problems, warnings, onInput, type }) {
  return (
    <div class="field">
      <span class="label" aria-hidden="true">{label}</span>
      <Editor label={label} language="html" size="large" value={value ?? ''} onChange={onInput} problems={problems}
        diagnostics={marksOf(value ?? '', warnings)} sources={[placeholderSource(() => payloadOf(type))]} />
      <Problems problems={problems} />
    </div>
  );
}

export function TextPartField({ type, content, path, onInput }) {
  const isFile = typeof content.textFile === 'string';
  const value = content.text;
  const { problems, warnings } = saidOf([...path, isFile ? 'textFile' : 'text']);
  const [open, setOpen] = useState(value !== undefined || isFile);
  return (
    <details class="fold" open={open || problems.length > 0} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('mail.text')}</summary>
      {isFile
        ? (
          <FileField label={t('mail.text')} help={t('mail.textIsFile', { file: content.textFile })} language="text" type={type} name={content.textFile} {...{ problems, warnings }}
            onTakeIn={(text) => takeIn(path, 'textFile', content.textFile, text)} />
        ) : (
          <Field label={t('mail.text')} help={t('mail.text.help')} problems={problems}>
            {(control) => <textarea {...control} rows={6} spellcheck={false} value={value ?? ''} onInput={(event) => onInput(withLineEnds(value ?? '', event.currentTarget.value))} />}
          </Field>
        )}
    </details>
  );
}
