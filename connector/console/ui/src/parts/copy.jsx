// A button that copies a text, which stands in a field beside it.

import { useState } from 'preact/hooks';
import { t } from '../words/words.js';

/** field is a ref to the element that has the text, too. */
export function CopyButton({ text, field, kind = '' }) {
  const [copied, setCopied] = useState(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or a page without TLS
      field.current.select();
      document.execCommand('copy');
    }
    setCopied(text);
  };
  return <button type="button" class={kind} onClick={copy}>{t(copied === text ? 'app.copied' : 'app.copy')}</button>;
}
