// What there is before the console is ready.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, Field } from '../parts/parts.jsx';
import { keepToken } from '../state/api.js';
import { state } from '../state/store.js';
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
        <button type="button" onClick={onRetry}>{t('app.tryAgain')}</button>
      </div>
    </main>
  );
}

export function TokenForm({ onDone }) {
  const [value, setValue] = useState('');
  const input = useRef(null);
  useEffect(() => input.current.focus(), []);
  const problems = state.failure ? [{ pointer: '', detail: t('token.wrong') }] : [];
  const submit = (event) => {
    event.preventDefault();
    const word = value.trim().replace(/^Bearer\s+/i, '');
    if (!word) return;
    keepToken(word);
    onDone();
  };
  return (
    <main class="start">
      <form class="card" onSubmit={submit}>
        <p class="brand"><Mark /> {t('app.name')}</p>
        <h1>{t('token.title')}</h1>
        <p>{t('token.why')}</p>
        <Field label={t('token.label')} help={t('token.hint')} problems={problems}>
          {(control) => (
            <input {...control} ref={input} type="password" autocomplete="off" spellcheck={false} value={value}
              onInput={(event) => setValue(event.currentTarget.value)} />
          )}
        </Field>
        <p class="hidden" role="alert">{problems.length > 0 ? t('token.wrong') : ''}</p>
        <button type="submit" class="primary">{t('token.go')}</button>
      </form>
    </main>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="7" class="mark-back" />
      <path d="M7 11.5h18v11H7z m.5.5 8.5 6.5 8.5-6.5" class="mark-line" />
    </svg>
  );
}
