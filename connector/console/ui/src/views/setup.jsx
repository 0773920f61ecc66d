// From an empty folder to a running service: domain, key, sender, brand, a test mail, save.

import { useState } from 'preact/hooks';
import { schemaAt } from '../editor/schema.js';
import { Failure, TextField } from '../parts/parts.jsx';
import { may } from '../state/access.js';
import { keyFile } from '../state/config.js';
import { member, setMember } from '../state/draft.js';
import { useInventory } from '../state/inventory.js';
import { problemsAt } from '../state/pointer.js';
import { canSave } from '../state/save.js';
import { saveFirst } from '../state/setup.js';
import { state, update } from '../state/store.js';
import { t } from '../words/words.js';
import { Member } from './brand.jsx';
import { BrandPreview } from './brandpreview.jsx';
import { Doctor } from './doctor.jsx';
import { Endpoint } from './settings.jsx';
import { Mark, TokenDialog } from './start.jsx';

export function SetupView({ onToken, onDone }) {
  useInventory();
  return (
    <main id="content" tabIndex={-1}>
      <div class="page setup">
        <p class="brand"><Mark /> {t('app.name')}</p>
        <h1>{t('setup.title')}</h1>
        <p class="lead">{t('setup.lead')}</p>
        {may('edit') ? <Steps onDone={onDone} /> : <p class="bad">{t('setup.noEdit')}</p>}
      </div>
      {state.asked && <TokenDialog onDone={onToken} />}
    </main>
  );
}

function Steps({ onDone }) {
  const { keyKnown } = state.status.setup;
  return (
    <>
      <Step n={1} name="domain">
        <Endpoint label={t('field.endpoint')} value={member('endpoint')} problems={problemsOf('endpoint')} onInput={(value) => setMember(['endpoint'], value || undefined)} />
        <Text name="domain" label={t('field.domain')} help={t('help.domain')} placeholder="mg.example.com" />
      </Step>
      <Step n={2} name="key">
        {keyKnown ? <p>{t('setup.keyKnown')}</p> : <Text name="apiKey" type="password" label={t('setup.keyLabel')} help={t('key.file', { file: keyFile(['apiKey']) })} />}
      </Step>
      <Step n={3} name="sender">
        <Text name="from" label={t('field.from')} help={t('help.from')} placeholder="Acme <no-reply@mg.example.com>" />
      </Step>
      <Step n={4} name="brand" lead={t('setup.brandLead')}>
        {['name', 'color'].map((name) => <Member key={name} name={name} schema={schemaAt(state.schema, ['brand', name])} />)}
      </Step>
      <Step n={5} name="check" lead={t('setup.checkLead')} />
      <BrandPreview />
      <Doctor />
      <Step n={6} name="save" lead={t('setup.saveLead', { file: state.status.config.file })}><Save onDone={onDone} /></Step>
    </>
  );
}

function Step({ n, name, lead, children }) {
  return (
    <section class="card" aria-labelledby={`setup-${name}`}>
      <h2 id={`setup-${name}`}>{n}. {t(`setup.${name}`)}</h2>
      {lead && <p class="help">{lead}</p>}
      {children}
    </section>
  );
}

/** What is empty still is no mistake yet. */
const problemsOf = (name) => (member(name) ? problemsAt(state.check.errors, `/${name}`) : []);

/** A member of the config; an empty key is none at all, others stay in their place. */
function Text({ name, ...props }) {
  const input = (value) => setMember([name], name === 'apiKey' ? value || undefined : value);
  return <TextField {...props} required value={member(name)} problems={problemsOf(name)} onInput={input} />;
}

function Save({ onDone }) {
  const [failure, setFailure] = useState(null);
  const { errors } = state.check;
  const save = async () => {
    setFailure(null);
    update({ saving: true });
    const problem = await saveFirst().then(() => null, (error) => error);
    update({ saving: false });
    if (problem) setFailure(problem);
    else onDone();
  };
  return (
    <>
      {errors.length > 0 && <p class="help" role="status">{t('setup.missing', { places: errors.map(({ pointer }) => pointer || '/').join(', ') })}</p>}
      {failure && <Failure error={failure} />}
      <button type="button" class="primary" disabled={!canSave()} onClick={save}>{t(state.saving ? 'save.saving' : 'setup.go')}</button>
    </>
  );
}
