// The second way out: what is left out is as for the main way.

import { Problems, TextField } from '../parts/parts.jsx';
import { schemaAt } from '../editor/schema.js';
import { member, setMember } from '../state/draft.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { state } from '../state/store.js';
import { t, tOr } from '../words/words.js';
import { APIKey } from './apikey.jsx';

export function Failover() {
  const { properties } = schemaAt(state.schema, ['failover']);
  return (
    <section class="card" aria-labelledby="failover-title">
      <h2 id="failover-title">{t('field.failover')}</h2>
      <p class="lead">{t('settings.failoverLead')}</p>
      <Problems id="failover-problem" problems={state.check.errors.filter(({ pointer }) => pointer === '/failover')} />
      {Object.entries(properties).map(([name, schema]) => <Member key={name} name={name} schema={schema} />)}
    </section>
  );
}

function Member({ name, schema }) {
  const path = ['failover', name];
  const props = {
    label: tOr(`failover.${name}`, schema.title),
    problems: problemsAt(state.check.errors, pointerOf(path)),
    value: member(...path),
    onInput: (value) => setMember(path, value || undefined),
  };
  if (name === 'apiKey') return <APIKey {...props} path={path} replacement={t('failover.newKey')} before={state.base.value?.failover?.apiKey} environment="MAILGUN_FAILOVER_API_KEY" />;
  return <TextField {...props} help={tOr(`failover.${name}.help`, schema.description)} placeholder={schema.default} />;
}
