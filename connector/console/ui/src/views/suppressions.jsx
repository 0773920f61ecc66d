// What keeps mails from an address at Mailgun, and the way to lift it. Mailgun is asked only
// once the address has been left alone for a moment.

import { useEffect, useState } from 'preact/hooks';
import { Failure, Notice } from '../parts/parts.jsx';
import { call, getJSON, isAbort } from '../state/api.js';
import { notify } from '../state/store.js';
import { formatTime, t } from '../words/words.js';
import { Words } from './story.jsx';

const pause = 600; // ms

const pathOf = (address, kind = '') => `/suppressions${kind && `/${kind}`}?to=${encodeURIComponent(address)}`;

export function Suppressions({ address }) {
  const [found, setFound] = useState(null);
  const [failure, setFailure] = useState(null);
  const load = (signal) => getJSON(pathOf(address), { signal }).then(
    ({ suppressions }) => (setFound(suppressions), setFailure(null)),
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
  const lift = async (kind) => {
    try {
      await call('DELETE', pathOf(address, kind));
      notify('good', t('suppressions.lifted', { address }));
    } catch (error) {
      notify('bad', [error.message || t('api.unreachable'), error.hint].filter(Boolean).join(' '));
    }
    await load();
  };
  return (
    <section class="suppressions" aria-label={t('suppressions.title')}>
      {failure && <Failure error={failure} />}
      {!failure && found?.length === 0 && <p class="help" role="status">{t('suppressions.none')}</p>}
      {!failure && found?.map((entry) => (
        <Notice key={entry.kind} kind="bad" title={t(`suppressions.${entry.kind}`, { time: formatTime(entry.since) })}
          actions={<button type="button" onClick={() => lift(entry.kind)}>{t('suppressions.lift')}</button>}>
          <Words of={entry} />
          {entry.description && <p class="quote">“{[entry.code, entry.description].filter(Boolean).join(' ')}”</p>}
        </Notice>
      ))}
    </section>
  );
}
