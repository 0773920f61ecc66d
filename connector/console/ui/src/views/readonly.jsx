// The config can't be written from here, as with a ConfigMap, or the file has one
// that can't be loaded: the way out is to take the text along.

import { useRef } from 'preact/hooks';
import { CopyButton } from '../parts/copy.jsx';
import { Dialog } from '../parts/dialog.jsx';
import { Notice } from '../parts/parts.jsx';
import { fileText } from '../state/files.js';
import { state, update } from '../state/store.js';
import { t } from '../words/words.js';

function download(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** name is that of the words: readonly or stuck. */
export function ReadOnly({ name, problem }) {
  const { file } = problem; // of a mail, else it is the config
  const text = file ? fileText(file) : state.draft.text;
  const saveAs = file ? file.split('/').pop() : `connector.${state.base.format}`;
  const area = useRef(null);
  const { problems } = state.status.config.reload;
  const close = () => update({ dialog: null });
  return (
    <Dialog wide title={t(`${name}.title`)} onClose={close} actions={(
      <>
        <button type="button" onClick={close}>{t('dialog.close')}</button>
        <button type="button" onClick={() => download(text, saveAs)}>{t('readonly.download')}</button>
        <CopyButton text={text} field={area} kind="primary" />
      </>
    )}>
      <Notice kind="warn">
        <p>{problem.message}</p>
        {problem.hint && <p>{problem.hint}</p>}
        {name === 'stuck' && <ul>{problems.map((p) => <li key={p.pointer + p.detail}><code>{p.pointer || '/'}</code> {p.detail}</li>)}</ul>}
      </Notice>
      <p>{t(`${name}.lead`)}</p>
      {text.includes('<secret>') && <p class="help">{t('readonly.secret')}</p>}
      <textarea class="take-along" ref={area} readOnly rows={14} aria-label={file ?? t('readonly.text')} value={text} />
    </Dialog>
  );
}
