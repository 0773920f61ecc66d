// The preview: the mail as the service would send it, asked for anew after every
// change, with the config as it is here.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { Failure, Notice, Problems } from '../parts/parts.jsx';
import { isAbort, postJSON } from '../state/api.js';
import { configToTry } from '../state/draft.js';
import { payloadText, setPayloadText } from '../state/payload.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';
import { PreviewedMail } from './previewed.jsx';
import { TestForm } from './test.jsx';

const previewDelay = 250; // ms of rest before a change is shown

export function Preview({ type, language }) {
  const [text, setText] = useState(payloadText(type));
  useEffect(() => setText(payloadText(type)), [type]);
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
      {mail ? <PreviewedMail mail={mail} /> : !failure && <p class="muted">{t('preview.none')}</p>}
      <details class="fold" open={problems.length > 0 || undefined}>
        <summary>{t('preview.payload')}</summary>
        <Editor label={t('preview.payload')} language="json" size="small" value={text} onChange={change} problems={problems} />
        <Problems problems={problems} />
      </details>
      <TestForm key={`${type}/${language}`} type={type} language={language} />
    </aside>
  );
}

/** Problems of the config stand beside their fields; here it's enough to say that there are some. */
function PreviewFailure({ failure }) {
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

/** The mail, and why the newest could not be had. */
function usePreview(type, payload) {
  const [shown, setShown] = useState({ type, mail: null, failure: null });
  const running = useRef(new AbortController());
  const config = state.draft.value;
  const wanted = JSON.stringify([type, payload]);
  useEffect(() => {
    if (payload === null || config === undefined) return undefined;
    const timer = setTimeout(async () => {
      running.current.abort();
      running.current = new AbortController();
      try {
        const mail = await postJSON('/preview', { type, payload, config: configToTry() }, { signal: running.current.signal });
        setShown({ type, mail, failure: null });
      } catch (failure) {
        if (!isAbort(failure)) setShown((old) => ({ type, mail: old.type === type ? old.mail : null, failure }));
      }
    }, previewDelay);
    return () => clearTimeout(timer);
  }, [wanted, config, state.base, state.status.config.loadedAt]);
  return shown.type === type ? shown : { mail: null, failure: null };
}
