// Where in a block-style YAML text a position is. Indentation tells, also while
// the text is not whole; flow style ({…}) gets no suggestions.

const keyLine = /^(\s*(?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s#:'"{[-][^:]*?)):(?:\s|$)/;

/** As jsonPlace. */
export function yamlPlace(text, position) {
  const lines = text.split('\n');
  let n = 0;
  let start = 0;
  while (n < lines.length && start + lines[n].length < position) start += lines[n++].length + 1;
  const column = position - start;
  const before = lines[n].slice(0, column);
  if (/[{[#|>]/.test(before.replace(/: .*$/, ''))) return null;
  const path = (indent) => ancestors(lines, n, indent);

  const value = before.match(keyLine);
  if (value) {
    const typed = before.slice(value[0].length);
    const name = value[2] ?? value[3] ?? value[4];
    return { kind: 'value', path: [...path(value[1].length), name], from: position - typed.length, to: start + lines[n].length };
  }
  const typed = before.match(/^(\s*(?:- +)*)([\w$.-]*)$/);
  if (!typed) return null;
  const rest = lines[n].slice(column).match(/^[\w$.-]*/)[0];
  const outer = path(typed[1].length);
  return {
    kind: 'name',
    path: outer,
    from: position - typed[2].length,
    to: position + rest.length,
    present: siblings(lines, n, typed[1].length),
    complete: /^[\w$.-]*\s*:/.test(lines[n].slice(column)),
  };
}

/** The keys above that hold what stands at an indentation. */
function ancestors(lines, n, indent) {
  const path = [];
  for (let i = n; i >= 0 && indent > 0; i--) {
    const item = lines[i].match(/^(\s*)- +/);
    if (item && item[0].length === indent) {
      path.unshift('0');
      indent = item[1].length + 1; // a list may stand as far left as its key
    }
    const m = i < n && lines[i].match(keyLine);
    if (m && m[1].length < indent) {
      path.unshift(m[2] ?? m[3] ?? m[4]);
      indent = m[1].length;
      if (/-/.test(m[1])) {
        path.unshift('0');
        indent = m[1].match(/^\s*/)[0].length + 1;
      }
    }
  }
  return path;
}

/** The names beside a line, at its indentation. */
function siblings(lines, n, indent) {
  const names = [];
  const walk = (step) => {
    for (let i = n + step; i >= 0 && i < lines.length; i += step) {
      if (!lines[i].trim()) continue;
      const m = lines[i].match(keyLine);
      const own = m?.[1].length ?? lines[i].match(/^\s*/)[0].length;
      if (own < indent) return;
      if (m && own === indent) names.push(m[2] ?? m[3] ?? m[4]);
      if (step < 0 && /^\s*-/.test(lines[i]) && own === indent) return;
    }
  };
  walk(-1);
  walk(1);
  return names;
}
