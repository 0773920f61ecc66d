// The test send: the mail that the preview shows, with its payload and the config as it is here.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Failure, Notice, TextField } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { may } from '../state/access.js';
import { call } from '../state/api.js';
import { configToTry } from '../state/draft.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';
import { Followed } from './followed.jsx';

let lastAddress = ''; // while the page is open

/** payload and configOf are those of the preview; payload is null while it can't be read. */
export function TestForm({ type, payload, configOf = configToTry }) {
  const [to, setTo] = useState(lastAddress);
  const [outcome, setOutcome] = useState(null); // {sent, path} or {failure}
  const [sending, setSending] = useState(false);
  const told = useRef(null);
  useLayoutEffect(() => {
    if (outcome) told.current.scrollIntoView({ block: 'nearest' });
  }, [outcome]);
  const input = (text) => {
    lastAddress = text;
    setTo(text);
  };
  const needed = configOf() === undefined ? 'send' : 'edit';
  const isBlocked = !may(needed) || payload === null;
  const submit = async (event) => {
    event.preventDefault();
    if (sending || isBlocked) return;
    setSending(true);
    setOutcome(null);
    try {
      const response = await call('POST', '/test', { body: { email: to.trim(), type, payload, config: configOf() } });
      setOutcome({ sent: to.trim(), path: response.headers.get('Location') });
    } catch (failure) {
      setOutcome({ failure });
    } finally {
      setSending(false);
    }
  };
  return (
    <form class="test" onSubmit={submit} noValidate>
      <h2>{t('test.title')}</h2>
      <p class="help">{t('test.lead')} {!may(needed) && <strong>{t(`access.noTest.${needed}`)}</strong>}</p>
      <div class="test-row">
        <TextField label={t('test.to')} type="email" autocomplete="email" placeholder="you@example.com" value={to} onInput={input} wide />
        <button type="submit" disabled={sending || isBlocked || !to.trim()}>{sending ? t('test.sending') : t('test.send')}</button>
      </div>
      <div role="status" ref={told}>
        {outcome?.path && <Followed key={outcome.path} path={outcome.path} to={outcome.sent} />}
        {outcome?.sent && !outcome.path && <Notice kind="good"><p>{t('test.sent', { to: outcome.sent })}</p></Notice>}
        {outcome?.sent && state.sandbox && <p><a href={href('inbox')}>{t('test.seeInbox')}</a></p>}
        {outcome?.failure && <Failure error={outcome.failure} />}
      </div>
    </form>
  );
}
