// The story of a message: what happened step by step, newest first, why, and what to do.

import { notify } from '../state/store.js';
import { may } from '../state/access.js';
import { postJSON } from '../state/api.js';
import { reasonInWords } from '../words/reasons.js';
import { formatTime, t } from '../words/words.js';

const tones = { sent: 'good', delivered: 'good', refused: 'bad', failed: 'bad', bounced: 'bad', complained: 'bad', expired: 'bad', cancelled: 'plain' };

export const StateName = ({ name }) => <span class={`state state-${tones[name] ?? 'warn'}`}>{t(`state.${name}`)}</span>;

export const TestMark = ({ message }) => message.test && <span class="state">{t('messages.test')}</span>;

export function Story({ message, onChange, level: Heading = 2 }) {
  const Title = `h${Heading}`;
  const Under = `h${Heading + 1}`;
  return (
    <>
      <Title class="story-title">
        <StateName name={message.state} /> <TestMark message={message} /> <span>{message.type}</span>{' '}
        <time class="muted" dateTime={message.createdAt}>{formatTime(message.createdAt)}</time>
      </Title>
      <Words of={message} />
      <Actions message={message} onChange={onChange} />
      <Under>{t('messages.steps')}</Under>
      <ol class="steps" reversed>
        {stepsOf(message).map((step) => <Step key={step.key} step={step} isSame={step.reason === message.reason} />)}
      </ol>
      <Facts message={message} />
    </>
  );
}

/** What happened and what to do, in the page's language. */
export function Words({ of }) {
  const { detail, hint } = reasonInWords(of);
  return (
    <div class="why">
      {detail && <p>{detail}</p>}
      {hint && <p class="todo"><strong>{t('messages.todo')}</strong> {hint}</p>}
    </div>
  );
}

/** The steps of a message, newest first. */
function stepsOf(message) {
  const attempts = (message.attempts ?? []).map((attempt) => ({
    ...attempt,
    key: `attempt-${attempt.number}`,
    at: attempt.startedAt,
    title: t('step.attempt', { n: attempt.number }) + (attempt.way ? ` (${t(`way.${attempt.way}`)})` : ''),
    result: attempt.status ? t('step.answered', { status: attempt.status, ms: attempt.durationMs }) : t('step.noAnswer', { ms: attempt.durationMs }),
    quote: attempt.message,
    fallback: attempt.error,
  }));
  const events = (message.events ?? []).map((event, i) => ({
    ...event,
    key: `event-${i}`,
    title: t('step.reported'),
    quote: [event.code, event.description].filter(Boolean).join(' '),
    fallback: event.error,
  }));
  const isRefused = message.state === 'refused';
  const first = { key: 'first', at: message.createdAt, title: t(isRefused ? 'step.refused' : 'step.accepted'), result: isRefused && message.requests > 1 ? t('step.requests', { n: message.requests }) : '' };
  return [first, ...attempts, ...events].sort((a, b) => new Date(a.at) - new Date(b.at)).reverse();
}

/** A reason that stands above already is not told again. */
function Step({ step, isSame }) {
  const words = reasonInWords(step);
  return (
    <li>
      <p class="step-line">
        <time dateTime={step.at}>{formatTime(step.at)}</time>
        <strong>{step.title}</strong> {step.state && <StateName name={step.state} />} <span class="muted">{step.result}</span>
      </p>
      {!isSame && words.detail && <p>{words.detail}</p>}
      {!words.detail && step.fallback && <p>{step.fallback}</p>}
      {step.quote && <p class="quote">“{step.quote}”</p>}
      {!isSame && words.hint && <p class="todo">{words.hint}</p>}
    </li>
  );
}

function Actions({ message, onChange }) {
  if (message.state !== 'queued') return null;
  if (!may('edit')) return <p class="help">{t('access.noActions')}</p>;
  const act = async (action, done) => {
    try {
      await postJSON(`/messages/${encodeURIComponent(message.id)}/${action}`, {});
      notify('good', done);
    } catch (error) {
      notify('bad', [error.message || t('api.unreachable'), error.hint].filter(Boolean).join(' '));
    }
    onChange();
  };
  return (
    <div class="actions">
      <button type="button" class="primary" onClick={() => act('retry', t('messages.retried'))}>{t('messages.retry')}</button>
      <button type="button" class="danger" onClick={() => act('cancel', t('messages.cancelled'))}>{t('messages.cancel')}</button>
    </div>
  );
}

function Facts({ message }) {
  const facts = [
    ['messages.id', <code>{message.id}</code>],
    ['messages.source', message.source && <code>{message.source}</code>],
    ['messages.expires', formatTime(message.expiresAt)],
    ['messages.next', message.nextAttemptAt && formatTime(message.nextAttemptAt)],
    ['messages.provider', message.providerId && <code>{message.providerId}</code>],
    ['messages.recipientHash', message.recipient && <code>{message.recipient}</code>],
  ];
  return (
    <details class="fold">
      <summary>{t('messages.more.facts')}</summary>
      <dl class="facts">
        {facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{t(name)}</dt><dd>{value}</dd></div>)}
      </dl>
    </details>
  );
}
