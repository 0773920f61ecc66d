// What the token may do, as the service tells. Asking for more is refused there, whatever
// stands here; it is known so that the page can say so before.

import { getJSON } from './api.js';
import { state, update } from './store.js';

export const scopes = ['send', 'read', 'edit'];

export const may = (scope) => Boolean(state.access?.scopes.includes(scope));

export const lacking = () => scopes.filter((scope) => !may(scope));

export const loadAccess = async () => update({ access: await getJSON('/token') });
