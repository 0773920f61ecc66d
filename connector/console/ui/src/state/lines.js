// A page's editors and fields know \n as the only end of a line. What they change keeps the
// ends that it has.

const ends = /\r\n?/g;

/** A text as an editor shows it. */
export const plain = (text) => text.replace(ends, '\n');

/** Where a place of a text is in what the editor shows. */
export const plainPlace = (text, place) => plain(text.slice(0, place)).length;

/** Gives what was typed, with the text's own ends of lines where it did not change, and one like them elsewhere. */
export function withLineEnds(text, typed) {
  if (!text.includes('\r')) return typed;
  const shown = plain(text);
  const most = Math.min(shown.length, typed.length);
  let head = 0;
  while (head < most && shown[head] === typed[head]) head++;
  let tail = 0;
  while (tail < most - head && shown.at(-1 - tail) === typed.at(-1 - tail)) tail++;
  const eol = /\r\n|\n|\r/.exec(text)[0];
  const changed = typed.slice(head, typed.length - tail).replaceAll('\n', eol);
  return text.slice(0, placeOf(text, head)) + changed + text.slice(placeOf(text, shown.length - tail));
}

/** The reverse of plainPlace. */
function placeOf(text, place) {
  let at = 0;
  for (let left = place; left > 0; left--) at += text.startsWith('\r\n', at) ? 2 : 1;
  return at;
}
