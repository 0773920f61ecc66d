// The view in the address, after "#/".

export const routeOf = (hash) => hash.replace(/^#\/?/, '').split('/').filter(Boolean).map((part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
});

export const href = (...parts) => '#/' + parts.map(encodeURIComponent).join('/');

export const go = (...parts) => {
  location.hash = href(...parts);
};
