// A request of an identity server's to try: what would be sent, or why nothing would be.

import { useState } from 'preact/hooks';
import { Field, Notice } from '../parts/parts.jsx';
import { postJSON } from '../state/api.js';
import { configToTry } from '../state/draft.js';
import { examples } from '../state/examples.js';
import { parseRequest, RequestError } from '../state/request.js';
import { languageName, t, tOr } from '../words/words.js';
import { PreviewFailure } from './preview.jsx';
import { PreviewedMail } from './previewed.jsx';

export function TryCall({ name, type }) {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState(null); // {order}, {failure} or {problem}
  const [asking, setAsking] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (asking) return;
    setAsking(true);
    setAnswer(await preview(name, text));
    setAsking(false);
  };
  const problems = answer?.problem ? [{ pointer: '', detail: t(`request.${answer.problem}`) }] : [];
  return (
    <form onSubmit={submit}>
      <p class="help">{t('callers.try.lead')}</p>
      <Field label={t('callers.paste')} help={t('callers.paste.help')} problems={problems}>
        {(control) => (
          <textarea {...control} rows={8} spellcheck={false} autocomplete="off" placeholder={'POST /hooks/…\nContent-Type: application/json\n\n{…}'}
            value={text} onInput={(event) => setText(event.currentTarget.value)} />
        )}
      </Field>
      <div class="joined">
        <button type="submit" class="primary" disabled={asking}>{t(asking ? 'callers.showing' : 'callers.show')}</button>
        {!text && <button type="button" onClick={() => setText(examples[type])}>{t('callers.example')}</button>}
      </div>
      <div role="status" class="tried">
        {answer?.failure && <PreviewFailure failure={answer.failure} />}
        {answer?.order && <Order order={answer.order} />}
      </div>
    </form>
  );
}

async function preview(caller, text) {
  try {
    return { order: await postJSON('/preview', { caller, request: parseRequest(text), config: configToTry() }) };
  } catch (failure) {
    return failure instanceof RequestError ? { problem: failure.message } : { failure };
  }
}

/** What a call comes to. */
function Order({ order: { mails, nothing, unknownType, advice } }) {
  return (
    <>
      {unknownType && <Notice kind="warn"><p>{t('callers.unknownType', { type: unknownType })}</p></Notice>}
      {advice && <Notice kind="warn"><p>{advice}</p></Notice>}
      {nothing && <Notice title={mails.length === 0 ? t('callers.nothing') : ''}><p>{tOr(`nothing.${nothing}`, nothing)}</p></Notice>}
      {mails.map((mail, i) => {
        const title = mails.length === 1 ? mail.type : t('callers.mailOf', { n: i + 1, of: mails.length, type: mail.type });
        return (
          <section key={i} aria-label={title}>
            <h3>{title} <Language source={mail.source} /></h3>
            <PreviewedMail mail={mail} />
          </section>
        );
      })}
    </>
  );
}

/** The language of a mail that is there in several. */
function Language({ source }) {
  const tag = source.split('/')[2];
  return tag ? <span class="muted">{t('callers.inLanguage', { language: languageName(tag) })}</span> : null;
}
