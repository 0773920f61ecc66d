// The preview: the mail as the service would send it, asked for anew after every
// change, with the config as it is here.

import { useEffect, useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { Failure, Notice, Problems } from '../parts/parts.jsx';
import { rowOf } from '../state/inventory.js';
import { payloadText, setPayloadText } from '../state/payload.js';
import { t } from '../words/words.js';
import { MailCheck } from './mailcheck.jsx';
import { PreviewedMail } from './previewed.jsx';
import { TestForm } from './test.jsx';
import { usePreview } from './usepreview.js';

export function Preview({ type, language }) {
  const [text, setText] = useState(payloadText(type));
  useEffect(() => setText(payloadText(type)), [type, rowOf(type)?.kind]);
  const [payload, problem] = parsePayload(text, language);
  const { mail, failure } = usePreview(type, payload);
  const change = (next) => {
    setPayloadText(type, next);
    setText(next);
  };
  const problems = problem ? [{ pointer: '', detail: problem }] : [];
  return (
    <aside class="preview" aria-label={t('preview.title')}>
      <h2>{t('preview.title')}</h2>
      {failure && <PreviewFailure failure={failure} />}
      {failure && mail && <p class="help">{t('preview.stale')}</p>}
      {mail ? <PreviewedMail key={type} mail={mail} /> : !failure && <p class="muted">{t('preview.none')}</p>}
      {mail && <MailCheck mail={mail} />}
      <details class="fold" open={problems.length > 0 || undefined}>
        <summary>{t('preview.payload')}</summary>
        <Editor label={t('preview.payload')} language="json" size="small" value={text} onChange={change} problems={problems} />
        <Problems problems={problems} />
      </details>
      <TestForm key={`${type}/${language}`} type={type} payload={payload} />
    </aside>
  );
}

/** Problems of the config stand beside their fields; here it's enough to say that there are some. */
export function PreviewFailure({ failure }) {
  if (failure.code !== 'invalid_config') return <Failure error={failure} />;
  return (
    <Notice kind="bad">
      <Problems problems={failure.errors.map((p) => ({ ...p, detail: `${p.pointer || t('document.whole')} ${p.detail}` }))} />
    </Notice>
  );
}

function parsePayload(text, language) {
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return [null, t('json.notObject')];
    return [language ? { ...value, locale: language } : value, null];
  } catch (error) {
    return [null, t('json.bad', { why: error.message })];
  }
}
