// One message: what it went through, and what can be done about it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure } from '../parts/parts.jsx';
import { go } from '../parts/route.js';
import { getJSON, postJSON } from '../state/api.js';
import { notify } from '../state/store.js';
import { formatTime, t } from '../words/words.js';

const tones = { sent: 'good', delivered: 'good', failed: 'bad', bounced: 'bad', complained: 'bad', expired: 'bad', cancelled: 'plain' };

export const StateName = ({ name }) => <span class={`state state-${tones[name] ?? 'warn'}`}>{t(`state.${name}`)}</span>;

export function Message({ id, onChange }) {
  const [message, setMessage] = useState(null);
  const [failure, setFailure] = useState(null);
  const title = useRef(null);
  const address = `/messages/${encodeURIComponent(id)}`;
  const load = () => getJSON(address).then((got) => (setMessage(got), setFailure(null)), setFailure);
  useEffect(() => {
    load();
    title.current?.focus();
    const timer = setInterval(() => !document.hidden && load(), 3000);
    return () => clearInterval(timer);
  }, [id]);
  const act = async (action, done) => {
    try {
      await postJSON(`${address}/${action}`, {});
      notify('good', done);
    } catch (error) {
      notify('bad', [error.message || t('api.unreachable'), error.hint].filter(Boolean).join(' '));
    }
    await load();
    onChange();
  };
  return (
    <section class="card message" aria-labelledby="message-title">
      <div class="spread">
        <h2 id="message-title" tabIndex={-1} ref={title}>{t('messages.details', { id })}</h2>
        <button type="button" class="quiet" aria-label={t('dialog.close')} onClick={() => go('messages')}>✕</button>
      </div>
      {failure && <Failure error={failure} />}
      {message && <Facts message={message} />}
      {message?.state === 'queued' && (
        <div class="actions">
          <button type="button" class="primary" onClick={() => act('retry', t('messages.retried'))}>{t('messages.retry')}</button>
          <button type="button" class="danger" onClick={() => act('cancel', t('messages.cancelled'))}>{t('messages.cancel')}</button>
        </div>
      )}
      {message && <Attempts attempts={message.attempts ?? []} />}
      {message && <Events events={message.events ?? []} />}
    </section>
  );
}

function Facts({ message }) {
  const facts = [
    ['messages.state', <StateName name={message.state} />],
    ['messages.type', message.type],
    ['messages.source', <code>{message.source}</code>],
    ['messages.created', formatTime(message.createdAt)],
    ['messages.expires', formatTime(message.expiresAt)],
    ['messages.next', message.nextAttemptAt && formatTime(message.nextAttemptAt)],
    ['messages.provider', message.providerId && <code>{message.providerId}</code>],
    ['messages.recipientHash', message.recipient && <code>{message.recipient}</code>],
    ['messages.error', message.error],
  ];
  return (
    <dl class="facts">
      {facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{t(name)}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function Attempts({ attempts }) {
  return (
    <>
      <h3>{t('messages.attempts')}</h3>
      {attempts.length === 0 ? <p class="muted">{t('messages.noAttempts')}</p> : (
        <div class="table">
          <table>
            <thead><tr>{['attempt', 'started', 'took', 'outcome'].map((name) => <th key={name} scope="col">{t(`messages.${name}`)}</th>)}</tr></thead>
            <tbody>
              {attempts.map((attempt) => (
                <tr key={attempt.number}>
                  <td data-label={t('messages.attempt')}>{attempt.number}</td>
                  <td data-label={t('messages.started')}>{formatTime(attempt.startedAt)}</td>
                  <td data-label={t('messages.took')}>{attempt.durationMs} ms</td>
                  <td data-label={t('messages.outcome')}>{[attempt.status, attempt.error].filter(Boolean).join(' – ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Events({ events }) {
  return (
    <>
      <h3>{t('messages.events')}</h3>
      {events.length === 0 ? <p class="muted">{t('messages.noEvents')}</p> : (
        <ul class="events">
          {events.map((event, i) => (
            <li key={i}><time dateTime={event.at}>{formatTime(event.at)}</time> <StateName name={event.state} /> {event.error}</li>
          ))}
        </ul>
      )}
    </>
  );
}
