// The test send, of the config as it is here.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Failure, Notice, TextField } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { call } from '../state/api.js';
import { configToTry } from '../state/draft.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';

let lastAddress = ''; // while the page is open

export function TestForm({ type, language }) {
  const [to, setTo] = useState(lastAddress);
  const [outcome, setOutcome] = useState(null); // {sent} or {failure}
  const [sending, setSending] = useState(false);
  const told = useRef(null);
  useLayoutEffect(() => {
    if (outcome) told.current.scrollIntoView({ block: 'nearest' });
  }, [outcome]);
  const input = (text) => {
    lastAddress = text;
    setTo(text);
  };
  const submit = async (event) => {
    event.preventDefault();
    if (sending) return;
    setSending(true);
    setOutcome(null);
    try {
      await call('POST', '/test', { body: { email: to.trim(), type, config: configToTry(), ...(language && { locale: language }) } });
      setOutcome({ sent: to.trim() });
    } catch (failure) {
      setOutcome({ failure });
    } finally {
      setSending(false);
    }
  };
  return (
    <form class="test" onSubmit={submit} noValidate>
      <h2>{t('test.title')}</h2>
      <p class="help">{t('test.lead')}</p>
      <div class="test-row">
        <TextField label={t('test.to')} type="email" autocomplete="email" placeholder="you@example.com" value={to} onInput={input} wide />
        <button type="submit" disabled={sending || !to.trim()}>{sending ? t('test.sending') : t('test.send')}</button>
      </div>
      <div role="status" ref={told}>
        {outcome?.sent && (
          <Notice kind="good"><p>{t('test.sent', { to: outcome.sent })} {state.sandbox && <a href={href('inbox')}>{t('test.seeInbox')}</a>}</p></Notice>
        )}
        {outcome?.failure && <Failure error={outcome.failure} />}
      </div>
    </form>
  );
}
