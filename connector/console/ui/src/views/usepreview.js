// The mail that the service would send, asked for anew after every change.

import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, postJSON } from '../state/api.js';
import { configToTry } from '../state/draft.js';
import { state } from '../state/store.js';

const previewDelay = 250; // ms of rest before a change is shown

/**
 * Gives {mail, failure}: the mail, and why the newest could not be had. configOf tells the
 * config to try; payload is null while there is none.
 */
export function usePreview(type, payload, configOf = configToTry) {
  const [shown, setShown] = useState({ type, mail: null, failure: null });
  const running = useRef(new AbortController());
  const config = state.draft.value;
  const wanted = JSON.stringify([type, payload]);
  useEffect(() => {
    if (payload === null || config === undefined) return undefined;
    const timer = setTimeout(async () => {
      running.current.abort();
      running.current = new AbortController();
      try {
        const mail = await postJSON('/preview', { type, payload, config: configOf() }, { signal: running.current.signal });
        setShown({ type, mail, failure: null });
      } catch (failure) {
        if (!isAbort(failure)) setShown((old) => ({ type, mail: old.type === type ? old.mail : null, failure }));
      }
    }, previewDelay);
    return () => clearTimeout(timer);
  }, [wanted, config, state.files, state.base, state.status.config.loadedAt]);
  return shown.type === type ? shown : { mail: null, failure: null };
}
