// The sandbox's inbox, in a demo: what the stand-in for Mailgun has received.

import { useEffect, useState } from 'preact/hooks';
import { Empty, Failure } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { getJSON } from '../state/api.js';
import { formatTime, t } from '../words/words.js';
import { PreviewedMail } from './previewed.jsx';

const refreshInterval = 2000;

export function InboxView({ path }) {
  const [messages, setMessages] = useState(null);
  const [failure, setFailure] = useState(null);
  const load = () => getJSON('/sandbox/inbox').then((answer) => (setMessages(answer.messages), setFailure(null)), setFailure);
  useEffect(() => {
    load();
    const timer = setInterval(() => !document.hidden && load(), refreshInterval);
    return () => clearInterval(timer);
  }, []);
  const chosen = messages?.find((message) => String(message.seq) === path[0]) ?? messages?.[0];
  return (
    <div class="page page-wide">
      <h1>{t('inbox.title')}</h1>
      <p class="lead">{t('inbox.lead')}</p>
      {failure && <Failure error={failure} />}
      {messages?.length === 0 && <Empty title={t('inbox.none')}>{t('inbox.noneLead')}</Empty>}
      {chosen && (
        <div class="inbox">
          <nav aria-label={t('inbox.list')}>
            <ul>
              {messages.map((message) => (
                <li key={message.seq}>
                  <a href={href('inbox', String(message.seq))} aria-current={message === chosen ? 'true' : undefined}>
                    <strong>{message.subject || message.template || t('preview.noSubject')}</strong>
                    <span>{message.to}</span>
                    <time class="muted" dateTime={message.receivedAt}>{formatTime(message.receivedAt)}</time>
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <section class="card" aria-label={chosen.subject || t('inbox.title')}>
            <PreviewedMail key={chosen.seq} mail={{ ...chosen, replyTo: chosen.form?.['h:Reply-To']?.[0] }} />
          </section>
        </div>
      )}
    </div>
  );
}
