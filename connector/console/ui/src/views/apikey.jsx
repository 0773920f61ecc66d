// A Mailgun key, which is never shown: it is kept, or replaced.

import { useEffect, useState } from 'preact/hooks';
import { Field } from '../parts/parts.jsx';
import { mask } from '../state/draft.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';

/**
 * The key is never known here; the mask stands for it, and saving it keeps the key. before is what the saved config has;
 * environment is where the key comes from if it has none.
 */
export function APIKey({ label, replacement, value, before, environment, problems, onInput }) {
  const [replacing, setReplacing] = useState(value !== before);
  useEffect(() => setReplacing(false), [state.base]); // saved, or taken anew
  const keep = () => {
    setReplacing(false);
    onInput(before ?? '');
  };
  if (!replacing && value === before) {
    return (
      <Field label={label} problems={problems} help={t(before === undefined ? 'key.outside' : 'key.set')}>
        {(control) => (
          <div class="joined">
            <input {...control} type="text" readOnly value={before === undefined ? '' : mask} placeholder={environment} />
            <button type="button" onClick={() => setReplacing(true)}>{t('key.replace')}</button>
          </div>
        )}
      </Field>
    );
  }
  return (
    <Field label={replacement} problems={problems}>
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
