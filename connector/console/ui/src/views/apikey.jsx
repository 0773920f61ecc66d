// A Mailgun key, which is never shown: it is kept, or replaced.

import { useEffect, useState } from 'preact/hooks';
import { Field } from '../parts/parts.jsx';
import { keyFile, ownKeyFile } from '../state/config.js';
import { mask } from '../state/draft.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';

/**
 * The key is never known here; the mask stands for it, and saving it keeps the key. before is what the saved config has;
 * environment is where the key comes from if it has none. A new one goes to a file, which is named beforehand.
 */
export function APIKey({ label, replacement, path, value, before, environment, problems, onInput }) {
  const [replacing, setReplacing] = useState(value !== before);
  useEffect(() => setReplacing(false), [state.base]); // saved, or taken anew
  const keep = () => {
    setReplacing(false);
    onInput(before ?? '');
  };
  if (!replacing && value === before) {
    return (
      <Field label={label} problems={problems} help={whereabouts(path, before)}>
        {(control) => (
          <div class="joined">
            <input {...control} type="text" readOnly value={before === undefined ? '' : mask} placeholder={ownKeyFile(path) ? `${environment}_FILE` : environment} />
            <button type="button" onClick={() => setReplacing(true)}>{t('key.replace')}</button>
          </div>
        )}
      </Field>
    );
  }
  return (
    <Field label={replacement} problems={problems} help={t('key.file', { file: keyFile(path) })}>
      {(control) => (
        <div class="joined">
          <input {...control} type="password" autocomplete="off" autoFocus value={value === before ? '' : value}
            onInput={(event) => onInput(event.currentTarget.value || (before ?? ''))} />
          <button type="button" onClick={keep}>{t('key.keep')}</button>
        </div>
      )}
    </Field>
  );
}

function whereabouts(path, before) {
  const file = ownKeyFile(path);
  if (before !== undefined) return t('key.set');
  return file ? t('key.inFile', { file }) : t('key.outside');
}
