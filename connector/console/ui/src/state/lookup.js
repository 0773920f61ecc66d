// Which messages are looked for: as the address bar has it, so that a search can be kept and
// handed on, and as the service takes it. An address of a person never gets into the address
// bar, which the browser remembers: its hash does.

import { hrefWith } from '../parts/route.js';
import { state, update } from './store.js';

export const states = ['refused', 'accepted', 'sending', 'queued', 'sent', 'delivered', 'failed', 'bounced', 'complained', 'expired', 'cancelled'];
export const hours = { hour: 1, day: 24, week: 24 * 7 };
const pageSize = 50;

const names = ['state', 'type', 'time', 'from', 'until', 'recipient'];

/** What the address bar says: {state, type, time, from, until, recipient}, "" for all. */
export const lookup = () => Object.fromEntries(names.map((name) => [name, state.query[name] ?? '']));

/** Changes what the address bar says, without a step in the history for each letter. */
export function setLookup(change) {
  const [view, ...path] = state.route;
  const query = { ...lookup(), ...change };
  history.replaceState(null, '', hrefWith(query, view, ...path));
  update({ query });
}

/** The address of a message, or of none, in the same search. */
export const messageHref = (...id) => hrefWith(lookup(), 'messages', ...id);

/** What a text stands for: 'all', a 'hash', an 'address', or a 'part' of one, which finds nothing. */
export function kindOf(text) {
  if (text === '') return 'all';
  if (/^[0-9a-f]{12}$/i.test(text)) return 'hash';
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text) || /^[^\s@]+@\[.+\]$/.test(text) ? 'address' : 'part';
}

const asTime = (text) => {
  const time = new Date(text);
  return text && !Number.isNaN(time.getTime()) ? time.toISOString() : '';
};

/** The body of a search: what the address bar says, of whoever is named in the box. */
export function searchOf({ state: wanted, type, time, from, until }, who, cursor = '') {
  const isRange = time === 'range';
  const since = hours[time] ? new Date(Date.now() - hours[time] * 3600_000).toISOString() : '';
  return {
    ...(kindOf(who) === 'hash' ? { recipient: who.toLowerCase() } : { to: who }),
    state: wanted,
    type,
    since: isRange ? asTime(from) : since,
    until: isRange ? asTime(until) : '',
    cursor,
    limit: pageSize,
  };
}
