// A test mail on its way: followed until it is delivered, has bounced, or can't be sent.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Notice } from '../parts/parts.jsx';
import { hrefWith } from '../parts/route.js';
import { getJSON } from '../state/api.js';
import { t } from '../words/words.js';
import { Words } from './story.jsx';

const soon = 500; // ms between looks, while an answer is a matter of seconds
const later = 4000;
const patience = 20_000; // ms in which most mails are delivered
const kinds = { delivered: 'good', failed: 'bad', expired: 'bad', cancelled: 'bad', bounced: 'bad', complained: 'bad', refused: 'bad' };

/** path is the message's, as the service answered it. */
export function Followed({ path, to }) {
  const [message, setMessage] = useState(null);
  const [isLate, setLate] = useState(false);
  const kind = kinds[message?.state];
  const told = useRef(null);
  useLayoutEffect(() => told.current.scrollIntoView({ block: 'nearest' }), [message?.state, isLate]);
  useEffect(() => {
    if (kind) return undefined;
    const begun = Date.now();
    let timer = 0;
    const look = async () => {
      await getJSON(path).then(setMessage, () => {}); // the next look may do better
      const waited = Date.now() - begun;
      setLate(waited > patience);
      timer = setTimeout(look, waited > patience ? later : soon);
    };
    look();
    return () => clearTimeout(timer);
  }, [path, kind]);
  return (
    <div ref={told}>
      <Notice kind={kind ?? 'plain'} title={titleOf(message, to)}>
        {message && (kind !== undefined || isLate || message.state === 'queued') && kind !== 'good' && <Words of={message} />}
        {message && <p><a href={hrefWith({}, 'messages', message.id)}>{t('test.steps')}</a></p>}
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
