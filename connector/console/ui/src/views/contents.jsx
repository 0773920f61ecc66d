// The editors of a mail's HTML and text part, also where these stand in files.

import { useEffect, useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { placeholderSource } from '../editor/placeholders.js';
import { Failure, Field, Notice, Problems } from '../parts/parts.jsx';
import { postJSON } from '../state/api.js';
import { member, setMember } from '../state/draft.js';
import { withLineEnds } from '../state/lines.js';
import { payloadOf } from '../state/payload.js';
import { notify, state } from '../state/store.js';
import { t } from '../words/words.js';

export function HTMLField({ type, delivery, path, value, problems, onInput }) {
  if (delivery.htmlFile !== undefined) return <HTMLFile type={type} file={delivery.htmlFile} path={path} problems={problems} />;
  return <CodeField label={t('mail.html')} type={type} value={value} problems={problems} onInput={onInput} />;
}

export function CodeField({ label, value, problems, onInput, type }) {
  return (
    <div class="field">
      <span class="label" aria-hidden="true">{label}</span>
      <Editor label={label} language="html" size="large" value={value ?? ''} onChange={onInput} problems={problems}
        sources={[placeholderSource(() => payloadOf(type))]} />
      <Problems problems={problems} />
    </div>
  );
}

/**
 * Reads the HTML of a file through the preview: a code that is its own placeholder
 * leaves it as written. Without the localized templates none of those comes first.
 */
async function sourceOf(type) {
  const { templates, ...config } = state.draft.value; // without these, it is not the running one
  const { html, source } = await postJSON('/preview', { type, payload: { code: '{{code}}' }, config });
  if (source !== `deliveries/${type}`) throw Object.assign(new Error(''), { title: t('mail.otherSource', { source }) });
  return html;
}

function HTMLFile({ type, file, path, problems }) {
  const [source, setSource] = useState(null);
  const [failure, setFailure] = useState(null);
  useEffect(() => {
    let current = true;
    sourceOf(type).then((html) => current && (setSource(html), setFailure(null)), (error) => current && setFailure(error));
    return () => { current = false; };
  }, [type, file, state.base, state.status.config.loadedAt]);
  const takeIn = async () => {
    try {
      const html = await sourceOf(type); // the file may be another by now
      const { htmlFile, ...rest } = member(...path);
      if (htmlFile !== file) return;
      setMember(path, { ...rest, html });
      notify('plain', t('mail.takenIn'));
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <div class="field">
      <span class="label" aria-hidden="true">{t('mail.html')}</span>
      <Notice actions={<button type="button" disabled={!source} onClick={takeIn}>{t('mail.takeIn')}</button>}>
        <p>{t('mail.htmlIsFile', { file })}</p>
      </Notice>
      {failure && failure.code !== 'invalid_config' && <Failure error={failure} />}
      {source !== null && <Editor label={t('mail.html')} language="html" size="large" value={source} readOnly />}
      <Problems problems={problems} />
    </div>
  );
}

export function TextPartField({ delivery, value, problems, onInput }) {
  const [open, setOpen] = useState(value !== undefined || delivery.textFile !== undefined);
  return (
    <details class="fold" open={open || problems.length > 0} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('mail.text')}</summary>
      {delivery.textFile !== undefined
        ? <Notice><p>{t('mail.textIsFile', { file: delivery.textFile })}</p></Notice>
        : (
          <Field label={t('mail.text')} help={t('mail.text.help')} problems={problems}>
            {(control) => <textarea {...control} rows={6} spellcheck={false} value={value ?? ''} onInput={(event) => onInput(withLineEnds(value ?? '', event.currentTarget.value))} />}
          </Field>
        )}
    </details>
  );
}
