// Stands in for a form while the document, or the form's part of it, can't be read.

import { Empty, Notice, Problems } from '../parts/parts.jsx';
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

/** For a part that is of another kind than its form. */
export function NoForm({ problems }) {
  return (
    <Notice kind="bad">
      <Problems problems={problems} />
      <p>{t('mails.noForm')} <a href={href('document')}>{t('view.document')}</a></p>
    </Notice>
  );
}
