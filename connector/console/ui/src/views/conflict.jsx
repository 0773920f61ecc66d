// Two editors collided: both versions side by side, and the choice.

import { Dialog } from '../parts/dialog.jsx';
import { rows } from '../parts/diff.js';
import { take } from '../state/draft.js';
import { saveOver } from '../state/save.js';
import { state, update } from '../state/store.js';
import { t } from '../words/words.js';

export function Conflict({ theirs }) {
  const { draft } = state;
  const close = () => update({ dialog: null });
  const takeTheirs = () => {
    update({ dialog: null });
    take(theirs);
  };
  const overwrite = () => saveOver(theirs);
  const lines = rows(theirs.text, draft.text);
  const isSame = lines.every(([left, right]) => left === right);
  return (
    <Dialog wide title={t('conflict.title')} onClose={close} actions={(
      <>
        <button type="button" onClick={close}>{t('conflict.later')}</button>
        <button type="button" onClick={takeTheirs}>{t('conflict.take')}</button>
        <button type="button" class="primary" onClick={overwrite}>{t('conflict.overwrite')}</button>
      </>
    )}>
      <p>{isSame ? t('conflict.same') : t('conflict.lead')}</p>
      <div class="versions" tabIndex={0} role="region" aria-label={t('conflict.title')}>
        <table>
          <thead><tr><th scope="col">{t('conflict.theirs')}</th><th scope="col">{t('conflict.mine')}</th></tr></thead>
          <tbody>{shorten(lines).map((row, i) => <Row key={i} row={row} />)}</tbody>
        </table>
      </div>
    </Dialog>
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
