// What keeps mails from an address at Mailgun, and the way to lift it. Mailgun is asked only
// once the address has been left alone for a moment.

import { useEffect, useState } from 'preact/hooks';
import { Failure, Notice } from '../parts/parts.jsx';
import { call, getJSON, isAbort } from '../state/api.js';
import { notify } from '../state/store.js';
import { formatTime, t } from '../words/words.js';
import { Words } from './story.jsx';

const pause = 600; // ms

const query = (address, way) => new URLSearchParams({ to: address, ...(way && { way }) });

export function Suppressions({ address }) {
  const [found, setFound] = useState(null);
  const [failure, setFailure] = useState(null);
  const load = (signal) => getJSON(`/suppressions?${query(address)}`, { signal }).then(
    (answer) => (setFound(answer), setFailure(null)),
    (error) => isAbort(error) || setFailure(error)
  );
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => load(asking.signal), pause);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [address]);
  const lift = async ({ kind, way }) => {
    try {
      await call('DELETE', `/suppressions/${kind}?${query(address, way)}`);
      notify('good', t('suppressions.lifted', { address }));
    } catch (error) {
      notify('bad', [error.message || t('api.unreachable'), error.hint].filter(Boolean).join(' '));
    }
    await load();
  };
  return (
    <section class="suppressions" aria-label={t('suppressions.title')}>
      {failure && <Failure error={failure} />}
      {!failure && found && <Found found={found} onLift={lift} />}
    </section>
  );
}

function Found({ found: { suppressions, unknown = [] }, onLift }) {
  return (
    <>
      {suppressions.length + unknown.length === 0 && <p class="help" role="status">{t('suppressions.none')}</p>}
      {unknown.map((of) => (
        <Notice key={of.way} kind="warn" title={t('suppressions.unknown', { way: t(`way.${of.way}`) })}><Words of={of} /></Notice>
      ))}
      {suppressions.map((entry) => (
        <Notice key={entry.kind + entry.way} kind="bad" title={titleOf(entry)}
          actions={<button type="button" onClick={() => onLift(entry)}>{t('suppressions.lift')}</button>}>
          <Words of={entry} />
          {entry.description && <p class="quote">“{[entry.code, entry.description].filter(Boolean).join(' ')}”</p>}
        </Notice>
      ))}
    </>
  );
}

function titleOf({ kind, way, since }) {
  const title = t(`suppressions.${kind}`, { time: formatTime(since) });
  return way ? t('suppressions.ofWay', { title, way: t(`way.${way}`) }) : title;
}
