// The view in the address, after "#/", and after a "?" what is asked for in it.

const [pathOf, wordsOf] = [0, 1].map((part) => (hash) => hash.split('?')[part] ?? '');

export const routeOf = (hash) => pathOf(hash).replace(/^#\/?/, '').split('/').filter(Boolean).map((part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
});

export const queryOf = (hash) => Object.fromEntries(new URLSearchParams(wordsOf(hash)));

export const href = (...parts) => '#/' + parts.map(encodeURIComponent).join('/');

/** An address with a query, whose empty members are left out. */
export function hrefWith(query, ...parts) {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return href(...parts) + (words.size > 0 ? `?${words}` : '');
}

export const go = (...parts) => {
  location.hash = href(...parts);
};
