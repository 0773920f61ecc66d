// What the service tells of the callers of the draft: where they call, what their mails would
// be, what became of their last calls.

import { useEffect, useState } from 'preact/hooks';
import { isAbort, postJSON } from './api.js';
import { configToTry } from './draft.js';
import { at } from './pointer.js';
import { state } from './store.js';

const delay = 300; // ms of rest before a change is looked at

/**
 * Gives {cards, setups, failure}: the callers, what to paste where for each type, both null at
 * first, and why the newest could not be had. It asks anew whenever the page has asked how the
 * service is doing, as calls come at any time.
 */
export function useCallers() {
  const [told, setTold] = useState({ cards: null, setups: null, failure: null });
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { callers, setups } = await postJSON('/callers', { config: configToTry() }, { signal: asking.signal });
        setTold({ cards: callers, setups, failure: null });
      } catch (failure) {
        if (!isAbort(failure)) setTold((before) => ({ ...before, failure }));
      }
    }, told.cards ? delay : 0);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [state.draft.value, state.files, state.status]);
  return told;
}

/** Reports whether a caller runs, rather than that it will when the draft is saved. */
export const isRunning = (name) => at(state.base.value, ['callers', name]) !== undefined;
