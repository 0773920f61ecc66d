// Two editors collided: both versions side by side, and the choice.

import { Dialog } from '../parts/dialog.jsx';
import { rows } from '../parts/diff.js';
import { recheck, take } from '../state/draft.js';
import { fileText, rebaseFile } from '../state/files.js';
import { saveFileOver, saveOver } from '../state/save.js';
import { state, update } from '../state/store.js';
import { t } from '../words/words.js';

export function Conflict({ theirs }) {
  const takeTheirs = () => {
    update({ dialog: null });
    take(theirs);
  };
  return <Versions lead={t('conflict.lead')} mine={state.draft.text} theirs={theirs.text} onTake={takeTheirs} onOverwrite={() => saveOver(theirs)} />;
}

/** The same for a mail's file. */
export function FileConflict({ name, theirs }) {
  const takeTheirs = () => {
    update({ dialog: null });
    rebaseFile(name, { ...theirs, draft: undefined });
    recheck();
  };
  return <Versions lead={t('conflict.fileLead', { file: name })} mine={fileText(name)} theirs={theirs.text} onTake={takeTheirs} onOverwrite={() => saveFileOver(name, theirs)} />;
}

function Versions({ lead, mine, theirs, onTake, onOverwrite }) {
  const close = () => update({ dialog: null });
  const lines = rows(theirs, mine);
  const isSame = lines.every(([left, right]) => left === right);
  return (
    <Dialog wide title={t('conflict.title')} onClose={close} actions={(
      <>
        <button type="button" onClick={close}>{t('conflict.later')}</button>
        <button type="button" onClick={onTake}>{t('conflict.take')}</button>
        <button type="button" class="primary" onClick={onOverwrite}>{t('conflict.overwrite')}</button>
      </>
    )}>
      <p>{isSame ? t('conflict.same') : lead}</p>
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
