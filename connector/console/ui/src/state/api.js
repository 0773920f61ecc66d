// Calls of the service's API.

import { inWords } from '../words/problems.js';
import { token } from './token.js';

/** An answer that is no success, in words. */
export class Problem extends Error {
  constructor(status, body) {
    const told = inWords(body, status);
    super(told.detail ?? '');
    Object.assign(this, { errors: [], hint: '', code: '', title: '', ...told, status });
  }
}

/** True of the error of a call that was called off. */
export const isAbort = (error) => error?.name === 'AbortError';

let refused = () => {};

/** Sets what to do when the token is not, or no longer, right. */
export function onRefused(callback) {
  refused = callback;
}

/**
 * Makes a call and gives its Response if that is a success, 304 included.
 * A body that is no string goes as JSON.
 */
export async function call(method, path, { body, type = 'application/json', headers = {}, signal } = {}) {
  const all = { ...headers };
  const used = token();
  if (used) all.Authorization = 'Bearer ' + used;
  if (body !== undefined) all['Content-Type'] = type;
  const response = await ask(path, {
    method,
    headers: all,
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    signal,
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  });
  if (response.ok || response.status === 304) return response;
  const problem = new Problem(response.status, await response.json().catch(() => ({})));
  if (problem.status === 401 && token() === used) refused(problem); // an old token's refusal says nothing of a new one
  throw problem;
}

/** As fetch, but where nobody answers the browser's own words say nothing to anybody. */
async function ask(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem(0, { code: 'unreachable' });
  }
}

export const getJSON = async (path, options) => (await call('GET', path, options)).json();
export const postJSON = async (path, body, options) => (await call('POST', path, { ...options, body })).json();
