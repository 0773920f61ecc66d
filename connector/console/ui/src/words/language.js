// The first language of the browser's that the page has.

const known = ['en', 'ja'];

export const language = (globalThis.navigator?.languages ?? [])
  .map((tag) => tag.toLowerCase().split('-')[0])
  .find((tag) => known.includes(tag)) ?? 'en';
