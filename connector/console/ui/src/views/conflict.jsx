// Two editors collided: both versions side by side, and the choice.

import { Dialog } from '../parts/dialog.jsx';
import { recheck, take } from '../state/draft.js';
import { fileText, rebaseFile } from '../state/files.js';
import { saveFileOver, saveOver } from '../state/save.js';
import { state, update } from '../state/store.js';
import { t } from '../words/words.js';
import { Comparison, isSame } from './comparison.jsx';

/** pointers are the places that both changed, if the service tells. */
export function Conflict({ theirs, pointers }) {
  const takeTheirs = () => {
    update({ dialog: null });
    take(theirs);
  };
  return <Versions lead={t('conflict.lead')} pointers={pointers} mine={state.draft.text} theirs={theirs.text} onTake={takeTheirs} onOverwrite={() => saveOver(theirs)} />;
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

function Versions({ lead, pointers = [], mine, theirs, onTake, onOverwrite }) {
  const close = () => update({ dialog: null });
  return (
    <Dialog wide title={t('conflict.title')} onClose={close} actions={(
      <>
        <button type="button" onClick={close}>{t('conflict.later')}</button>
        <button type="button" onClick={onTake}>{t('conflict.take')}</button>
        <button type="button" class="primary" onClick={onOverwrite}>{t('conflict.overwrite')}</button>
      </>
    )}>
      <p>{isSame(theirs, mine) ? t('conflict.same') : lead}</p>
      {pointers.length > 0 && <p>{t('conflict.both')} {pointers.map((pointer) => <code key={pointer} class="pointer">{pointer}</code>)}</p>}
      <Comparison label={t('conflict.title')} headings={[t('conflict.theirs'), t('conflict.mine')]} left={theirs} right={mine} />
    </Dialog>
  );
}
