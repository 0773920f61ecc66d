// Where in a JSON text a position is, also while the text is not whole.

const token = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Gives {kind: 'name' or 'value', path, from, to, present, complete}: what may
 * stand at the position, in what, in place of what, beside which members. Null
 * where nothing of ours can stand.
 */
export function jsonPlace(text, position) {
  const stack = []; // of {array, index, key, present, wantsValue}
  let word = null; // the token that the position is in or right after
  token.lastIndex = 0;
  for (let m = token.exec(text); m && m.index < position; m = token.exec(text)) {
    const [mark] = m;
    const end = m.index + mark.length;
    const top = stack.at(-1);
    if (end >= position && !/^[{}[\],:]$/.test(mark)) {
      word = { from: m.index, to: end };
      break;
    }
    if (mark === '{' || mark === '[') stack.push({ array: mark === '[', index: 0, key: null, present: [], wantsValue: mark === '[' });
    else if (mark === '}' || mark === ']') stack.pop();
    else if (!top) continue;
    else if (mark === ':') top.wantsValue = true;
    else if (mark === ',') Object.assign(top, { index: top.index + 1, wantsValue: top.array });
    else if (!top.wantsValue) {
      top.key = unquote(mark);
      top.present.push(top.key);
    }
  }
  const top = stack.at(-1);
  if (!top) return null;
  const outer = stack.slice(0, -1).map((level) => (level.array ? String(level.index) : level.key));
  const { from, to } = word ?? { from: position, to: position };
  if (top.wantsValue) return { kind: 'value', path: [...outer, top.array ? String(top.index) : top.key], from, to };
  return { kind: 'name', path: outer, from, to, present: top.present, complete: /^\s*:/.test(text.slice(to)) };
}

function unquote(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text.replaceAll('"', '');
  }
}
