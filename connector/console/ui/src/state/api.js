// Calls of the service's API. The token lives in the session storage of this tab
// and goes nowhere but into the Authorization header.

const tokenKey = 'mailgun-connector-token';

export const token = () => sessionStorage.getItem(tokenKey) ?? '';
export const forgetToken = () => sessionStorage.removeItem(tokenKey);
export const keepToken = (value) => sessionStorage.setItem(tokenKey, value);

/** An answer that is no success, in the service's words. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? '');
    Object.assign(this, { errors: [], hint: '', code: '', title: '', ...body, status });
  }
}

/** True of the error that fetch gives when nobody answered. */
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
  const response = await fetch(path, {
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

export const getJSON = async (path, options) => (await call('GET', path, options)).json();
export const postJSON = async (path, body, options) => (await call('POST', path, { ...options, body })).json();
