// JSON Pointers (RFC 6901), as the service names places in a config with them.

export const pointerOf = (path) =>
  path.map((step) => '/' + String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('');

export const pathOf = (pointer) =>
  pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What stands at a path, or undefined. */
export const at = (value, path) =>
  path.reduce((node, step) => (node !== null && typeof node === 'object' && Object.hasOwn(node, step) ? node[step] : undefined), value);

/** The problems at a pointer and below it. */
export const problemsAt = (problems, pointer) =>
  problems.filter((p) => p.pointer === pointer || p.pointer.startsWith(pointer + '/'));
