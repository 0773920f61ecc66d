// The identity servers that call: a card for each, also for those of the draft.

import { Empty } from '../parts/parts.jsx';
import { may } from '../state/access.js';
import { useCallers } from '../state/callers.js';
import { t } from '../words/words.js';
import { AddCaller } from './addcaller.jsx';
import { CallerCard } from './caller.jsx';
import { PreviewFailure } from './preview.jsx';

export function CallersView() {
  const { cards, setups, failure } = useCallers();
  return (
    <div class="page page-wide callers">
      <h1>{t('view.callers')}</h1>
      <p class="lead">{t('callers.lead')}</p>
      {failure && <PreviewFailure failure={failure} />}
      {failure && cards?.length > 0 && <p class="help">{t('callers.stale')}</p>}
      {!cards && !failure && <p class="muted" role="status">{t('app.loading')}</p>}
      {cards?.length === 0 && <Empty title={t('callers.none')}>{t('callers.noneLead')}</Empty>}
      {cards?.map((card) => <CallerCard key={card.name} card={card} isOnly={cards.length === 1} />)}
      {cards && may('edit') && (
        <details class="card" open={cards.length === 0}>
          <summary class="strong">{t('callers.another')}</summary>
          <AddCaller setups={setups} />
        </details>
      )}
    </div>
  );
}
