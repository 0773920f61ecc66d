// Images of a mail from the network: they are loaded only when somebody asks, as that tells
// their server that the mail is looked at. Those without https never are.

import { Notice } from '../parts/parts.jsx';
import { t } from '../words/words.js';

/** remote is what the mail has of them: {https, other}. */
export function RemoteImages({ remote, isOn, onLoad }) {
  const waiting = isOn ? 0 : remote.https;
  if (waiting + remote.other === 0) return null;
  return (
    <Notice actions={waiting > 0 && <button type="button" onClick={onLoad}>{t('images.load')}</button>}>
      {waiting > 0 && <p>{t('preview.remote', { n: waiting })}</p>}
      {remote.other > 0 && <p>{t('images.insecure', { n: remote.other })}</p>}
    </Notice>
  );
}
