// A modal dialog: the browser keeps the focus in it and gives it back afterwards. Without
// onClose it can't be closed but by what it asks for.

import { useEffect, useRef } from 'preact/hooks';
import { t } from '../words/words.js';
import { useId } from './id.js';

export function Dialog({ title, onClose, wide = false, children, actions }) {
  const ref = useRef(null);
  const id = useId();
  useEffect(() => {
    ref.current.showModal();
    return () => ref.current?.close();
  }, []);
  return (
    <dialog ref={ref} class={wide ? 'dialog-wide' : ''} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose?.(); }}>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        {onClose && <button type="button" class="quiet" onClick={onClose} aria-label={t('dialog.close')}>✕</button>}
      </div>
      <div class="dialog-body">{children}</div>
      <div class="actions">{actions}</div>
    </dialog>
  );
}
