// The URL that an identity server is to call, to be copied.

import { useRef } from 'preact/hooks';
import { CopyButton } from '../parts/copy.jsx';
import { Field } from '../parts/parts.jsx';
import { t } from '../words/words.js';

const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

export function CallerURL({ path }) {
  const url = location.origin + path;
  const field = useRef(null);
  return (
    <Field label={t('callers.url')} help={t(isLocal ? 'callers.url.local' : 'callers.url.help')}>
      {(control) => (
        <div class="joined">
          <input {...control} ref={field} readOnly value={url} onFocus={(event) => event.currentTarget.select()} />
          <CopyButton text={url} field={field} />
        </div>
      )}
    </Field>
  );
}
