// What there is before the console is ready.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.jsx';
import { Failure, Field } from '../parts/parts.jsx';
import { may } from '../state/access.js';
import { state, update } from '../state/store.js';
import { forgetToken, keepToken } from '../state/token.js';
import { t } from '../words/words.js';

export function Loading() {
  return <main class="start"><p class="muted" role="status">{t('app.loading')}</p></main>;
}

export function Failed({ onRetry }) {
  return (
    <main class="start">
      <div class="card">
        <h1>{t('app.failed')}</h1>
        <Failure error={state.failure} />
        <div class="actions">
          {state.access && !may('read') && <button type="button" onClick={() => { forgetToken(); update({ phase: 'token', failure: null }); }}>{t('access.other')}</button>}
          <button type="button" onClick={onRetry}>{t('app.tryAgain')}</button>
        </div>
      </div>
    </main>
  );
}

export function TokenForm({ onDone }) {
  const [field, submit] = useTokenField(onDone, state.failure ? t('token.wrong') : '');
  return (
    <main class="start">
      <form class="card" onSubmit={submit}>
        <p class="brand"><Mark /> {t('app.name')}</p>
        <h1>{t('token.title')}</h1>
        <p>{t('token.why')}</p>
        {field}
        <button type="submit" class="primary">{t('token.go')}</button>
      </form>
    </main>
  );
}

/** Asks for the token while the page stays as it is: nothing that was typed is lost. */
export function TokenDialog({ onDone }) {
  const [tries, setTries] = useState(0);
  const told = state.asked.status === 401 ? t('token.wrong') : t('api.unreachable');
  const [field, submit] = useTokenField(() => {
    setTries(tries + 1);
    onDone();
  }, tries > 0 ? told : '');
  return (
    <Dialog title={t('token.again')} actions={<button type="submit" form="token-again" class="primary">{t('token.go')}</button>}>
      <p>{t('token.replaced')}</p>
      <form id="token-again" onSubmit={submit}>{field}</form>
    </Dialog>
  );
}

/** The field for a token, and what to do when it is submitted. */
function useTokenField(onDone, problem) {
  const [value, setValue] = useState('');
  const input = useRef(null);
  useEffect(() => input.current.focus(), []);
  const problems = problem ? [{ pointer: '', detail: problem }] : [];
  const submit = (event) => {
    event.preventDefault();
    const word = value.trim().replace(/^Bearer\s+/i, '');
    if (!word) return;
    keepToken(word);
    onDone();
  };
  const field = (
    <>
      <Field label={t('token.label')} help={t('token.hint')} problems={problems}>
        {(control) => (
          <input {...control} ref={input} type="password" autocomplete="off" spellcheck={false} value={value}
            onInput={(event) => setValue(event.currentTarget.value)} />
        )}
      </Field>
      <p class="hidden" role="alert">{problem}</p>
    </>
  );
  return [field, submit];
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="7" class="mark-back" />
      <path d="M7 11.5h18v11H7z m.5.5 8.5 6.5 8.5-6.5" class="mark-line" />
    </svg>
  );
}
