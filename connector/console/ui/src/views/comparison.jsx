// Two texts side by side, with what differs marked. Equal lines far from a change are left
// out, so that it opens at the first difference.

import { rows } from '../parts/diff.js';

export const isSame = (left, right) => rows(left, right).every(([a, b]) => a === b);

/** headings are those of the left and the right text. */
export function Comparison({ label, headings, left, right }) {
  return (
    <div class="versions" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{headings.map((heading) => <th key={heading} scope="col">{heading}</th>)}</tr></thead>
        <tbody>{shorten(rows(left, right)).map((row, i) => <Row key={i} row={row} />)}</tbody>
      </table>
    </div>
  );
}

const around = 3; // equal lines shown beside a change

/** Leaves out equal lines far from any change. null stands for those. */
function shorten(lines) {
  const near = lines.map(() => false);
  lines.forEach(([left, right], i) => {
    if (left !== right) near.fill(true, Math.max(0, i - around), i + around + 1);
  });
  return lines.flatMap((row, i) => (near[i] ? [row] : i === 0 || near[i - 1] ? [null] : []));
}

function Row({ row }) {
  if (row === null) return <tr class="skipped"><td colSpan={2}>⋯</td></tr>;
  const [left, right] = row;
  const changed = left !== right;
  return (
    <tr>
      <td class={changed && left !== null ? 'removed' : ''}>{changed && left !== null && <span class="sign">− </span>}{left}</td>
      <td class={changed && right !== null ? 'added' : ''}>{changed && right !== null && <span class="sign">+ </span>}{right}</td>
    </tr>
  );
}
