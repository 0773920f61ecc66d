// Which lines two texts share: the longest common subsequence, after what they
// begin and end with alike.

const most = 4_000_000; // cells of the table; beyond, everything between counts as changed

/** Gives rows of [left, right]; null stands for no line. Equal lines are in one row. */
export function rows(left, right) {
  const a = left.split('\n');
  const b = right.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (lines) => lines.map((line) => [line, line]);
  return [
    ...same(a.slice(0, head)),
    ...between(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(tail ? a.slice(-tail) : []),
  ];
}

function between(a, b) {
  const pairs = a.length * b.length > most ? [] : common(a, b);
  const result = [];
  let i = 0;
  let j = 0;
  for (const [x, y] of [...pairs, [a.length, b.length]]) {
    for (; i < x || j < y; i++, j++) result.push([i < x ? a[i] : null, j < y ? b[j] : null]);
    if (x < a.length) result.push([a[x], b[y]]);
    i = x + 1;
    j = y + 1;
  }
  return result;
}

/** The pairs of indices of a longest common subsequence. */
function common(a, b) {
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] = a[i] === b[j]
        ? length[(i + 1) * width + j + 1] + 1
        : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) i++;
    else j++;
  }
  return pairs;
}
