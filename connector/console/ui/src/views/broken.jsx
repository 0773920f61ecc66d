// Stands in for a form while the document can't be read.

import { Empty } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';

export function BrokenDocument() {
  return (
    <div class="page">
      <Empty title={t('save.broken', { why: state.draft.broken.split('\n')[0] })}>
        <a href={href('document')}>{t('mails.brokenDocument')}</a>
      </Empty>
    </div>
  );
}
