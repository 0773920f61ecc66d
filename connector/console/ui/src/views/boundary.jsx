// Stands in for a view that could not be drawn. The draft is not in the view, so
// nothing is lost; the document shows all of it.

import { Component } from 'preact';
import { Notice } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { state } from '../state/store.js';
import { t } from '../words/words.js';

export class Boundary extends Component {
  state = { failure: null };

  componentDidCatch(failure) {
    const { route, draft } = this.props;
    this.setState({ failure, route, draft });
  }

  render({ route, draft, children }, { failure, ...then }) {
    if (!failure || then.route !== route || then.draft !== draft) return children; // another thing to draw
    return (
      <div class="page">
        <Notice kind="bad" title={t('view.failed')}>
          <p>{t('view.failedLead')} <a href={href('document')}>{t('view.document')}</a></p>
          <p><code>{failure.message}</code></p>
        </Notice>
        {route[0] === 'document' && <textarea class="take-along" readOnly rows={20} aria-label={t('readonly.text')} value={state.draft.text} />}
      </div>
    );
  }
}
