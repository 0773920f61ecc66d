// A test mail on its way: followed until it is delivered, has bounced, or can't be sent.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Notice } from '../parts/parts.jsx';
import { hrefWith } from '../parts/route.js';
import { getJSON } from '../state/api.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';
import { Words } from './story.jsx';

const soon = 500; // ms between looks, while an answer is a matter of seconds
const later = 4000;
const patience = 20_000; // ms in which most mails are delivered
const passing = [0, 401, 408, 429, 500, 502, 503, 504]; // of a look; after any other the next does no better
const kinds = { delivered: 'good', failed: 'bad', expired: 'bad', cancelled: 'bad', bounced: 'bad', complained: 'bad', refused: 'bad' };

/** path is the message's, as the service answered it. */
export function Followed({ path, to }) {
  const [message, setMessage] = useState(null);
  const [isLate, setLate] = useState(false);
  const [lost, setLost] = useState(null); // why the message can't be had
  const kind = kinds[message?.state];
  const told = useRef(null);
  useLayoutEffect(() => told.current.scrollIntoView({ block: 'nearest' }), [message?.state, isLate, lost]);
  useEffect(() => {
    if (kind) return undefined;
    const begun = Date.now();
    let timer = 0;
    let isOver = false;
    let seen = begun; // when a look last found it
    const look = async () => {
      try {
        setMessage(await getJSON(path));
        seen = Date.now();
      } catch (problem) {
        if (!passing.includes(problem.status) || Date.now() - seen > patience) {
          isOver = true;
          setLost(problem);
        }
      }
      const waited = Date.now() - begun;
      setLate(waited > patience);
      if (!isOver) timer = setTimeout(look, waited > patience ? later : soon);
    };
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, kind]);
  if (lost) {
    return <div ref={told}><Notice title={t('test.lost', { to })}><p>{lost.message || t('api.unreachable')} {lost.hint}</p></Notice></div>;
  }
  return (
    <div ref={told}>
      <Notice kind={kind ?? 'plain'} title={titleOf(message, to)}>
        {message && (kind !== undefined || isLate || message.state === 'queued') && kind !== 'good' && <Words of={message} />}
        {message && !state.status.setup && <p><a href={hrefWith({}, 'messages', message.id)}>{t('test.steps')}</a></p>}
      </Notice>
    </div>
  );
}

function titleOf(message, to) {
  if (!message) return t('test.taken', { to });
  if (message.state !== 'delivered') return t(`test.state.${message.state}`, { to });
  const event = message.events.findLast(({ state }) => state === 'delivered');
  const seconds = Math.max(0, new Date(event?.at ?? message.updatedAt) - new Date(message.createdAt)) / 1000;
  return t('test.state.delivered', { to, seconds: seconds.toFixed(1) });
}
