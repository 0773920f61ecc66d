// One message, kept up to date while it is looked at.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure } from '../parts/parts.jsx';
import { getJSON } from '../state/api.js';
import { messageHref } from '../state/lookup.js';
import { t } from '../words/words.js';
import { Story } from './story.jsx';

export function Message({ id, onChange }) {
  const [message, setMessage] = useState(null);
  const [failure, setFailure] = useState(null);
  const title = useRef(null);
  const load = () => getJSON(`/messages/${encodeURIComponent(id)}`).then((got) => (setMessage(got), setFailure(null)), setFailure);
  useEffect(() => {
    load();
    title.current?.focus();
    const timer = setInterval(() => !document.hidden && load(), 3000);
    return () => clearInterval(timer);
  }, [id]);
  const changed = async () => {
    await load();
    onChange();
  };
  return (
    <section class="card message" aria-labelledby="message-title">
      <div class="spread">
        <h2 id="message-title" tabIndex={-1} ref={title}>{t('messages.details', { id })}</h2>
        <a class="button quiet" href={messageHref()} aria-label={t('dialog.close')}>✕</a>
      </div>
      {failure && <Failure error={failure} />}
      {message && <Story message={message} onChange={changed} level={3} />}
    </section>
  );
}
