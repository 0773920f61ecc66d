// A mail's HTML or text part that stands in a file of its own, edited as that file.

import { useEffect, useState } from 'preact/hooks';
import { Editor } from '../editor/editor.jsx';
import { placeholderSource } from '../editor/placeholders.js';
import { Failure, Notice, Problems } from '../parts/parts.jsx';
import { recheck } from '../state/draft.js';
import { editFile, fileText, openFile } from '../state/files.js';
import { payloadOf } from '../state/payload.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';
import { marksOf } from './marks.js';

/** onTakeIn gets the text that is to stand in the config instead. */
export function FileField({ label, help, language, type, name, problems, warnings, onTakeIn }) {
  const [failure, setFailure] = useState(null);
  useEffect(() => {
    let isCurrent = true;
    openFile(name).then(() => isCurrent && setFailure(null), (error) => isCurrent && setFailure(error));
    return () => { isCurrent = false; };
  }, [name, state.base, state.status.config.loadedAt]);
  const text = fileText(name);
  const change = (next) => {
    editFile(name, next);
    recheck();
  };
  const takeIn = async () => {
    try {
      await openFile(name); // it may be another by now
      const now = fileText(name);
      editFile(name, undefined); // what was typed goes into the config
      onTakeIn(now);
    } catch (error) {
      setFailure(error);
    }
  };
  const all = problems.length > 0 ? problems : state.files[name]?.errors ?? [];
  return (
    <div class="field">
      <span class="label" aria-hidden="true">{label}</span>
      <Notice actions={<button type="button" disabled={text === undefined} onClick={takeIn}>{t('mail.takeIn')}</button>}>
        <p>{help}</p>
      </Notice>
      {failure && <Failure error={failure} />}
      {text !== undefined && (
        <Editor label={label} language={language} size={language === 'html' ? 'large' : 'small'} value={text} onChange={change} problems={all}
          diagnostics={marksOf(text, warnings)} sources={[placeholderSource(() => payloadOf(type))]} />
      )}
      <Problems problems={all} />
    </div>
  );
}
