// The mails: a tab for each usage type, its mail in each language, and the
// preview beside it.

import { useState } from 'preact/hooks';
import { Empty, Field, Tabs } from '../parts/parts.jsx';
import { go } from '../parts/route.js';
import { problems } from '../state/draft.js';
import { problemsAt, pointerOf } from '../state/pointer.js';
import { state } from '../state/store.js';
import { addDelivery, configuredTypes, kindOf, localizedOf, missingTypes, standInFor, typeName } from '../state/mails.js';
import { t } from '../words/words.js';
import { BrokenDocument } from './broken.jsx';
import { fallbackText } from './fallback.js';
import { MailEditor } from './mail.jsx';
import { Preview } from './preview.jsx';

export function MailsView({ path }) {
  if (state.draft.broken) return <BrokenDocument />;
  const types = configuredTypes();
  const type = types.includes(path[0]) ? path[0] : types[0];
  const language = localizedOf(type).some(({ template }) => template.languageTag === path[1]) ? path[1] : null;
  return (
    <div class="mails">
      <h1 class="hidden">{t('view.mails')}</h1>
      <Types types={types} current={type} />
      {type === undefined
        ? <Empty title={t('mails.none')}>{t('mails.noneLead')}</Empty>
        : (
          <>
            <section class="mail-editor" role="tabpanel" id="mail-panel" aria-label={type}>
              <MailEditor key={`${type}/${language}`} type={type} language={language} />
            </section>
            <Preview type={type} language={language} />
          </>
        )}
    </div>
  );
}

const searchFrom = 8; // types that are more than a look takes in

function Types({ types, current }) {
  const [query, setQuery] = useState('');
  const found = (type) => [type, ...localizedOf(type).map(({ template }) => template.languageTag)]
    .some((word) => String(word).toLowerCase().includes(query.trim().toLowerCase()));
  const items = types.filter(found).map((type) => ({ id: type, label: type, note: noteOf(type), bad: hasProblem(type) }));
  const missing = missingTypes().filter(found);
  const isLong = types.length + missingTypes().length >= searchFrom;
  return (
    <aside class="types" aria-label={t('mails.types')}>
      <h2>{t('mails.types')}</h2>
      {isLong && (
        <input type="search" class="search" aria-label={t('mails.search')} placeholder={t('mails.search')} value={query}
          autocomplete="off" spellcheck={false} onInput={(event) => setQuery(event.currentTarget.value)} />
      )}
      {items.length + missing.length === 0 && <p class="muted" role="status">{t('mails.notFound')}</p>}
      {items.length > 0 && <Tabs vertical label={t('mails.types')} items={items} current={current} panel="mail-panel" onSelect={(type) => go('mails', type)} />}
      {missing.length > 0 && <Missing types={missing} />}
      <AddType />
    </aside>
  );
}

function noteOf(type) {
  const languages = localizedOf(type).map(({ template }) => template.languageTag);
  return [t(`mails.kind.${kindOf(type)}`), ...languages].join(' · ');
}

const hasProblem = (type) =>
  problemsAt(problems(), pointerOf(['deliveries', type])).length > 0
  || localizedOf(type).some(({ index }) => problemsAt(problems(), pointerOf(['templates', index])).length > 0);

const add = (type) => {
  addDelivery(type);
  go('mails', type);
};

function Missing({ types }) {
  return (
    <details class="missing" open={types.length < 9}>
      <summary>{t('mails.missing')} ({types.length})</summary>
      <ul>
        {types.map((type) => (
          <li key={type}>
            <span><span class="tab-name">{type}</span><span class="tab-note">{fallbackText(standInFor(type))}</span></span>
            <button type="button" class="small" aria-label={t('mails.addType', { type })} onClick={() => add(type)}>{t('mails.add')}</button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function AddType() {
  const [name, setName] = useState('');
  const bad = name !== '' && !typeName.test(name);
  const submit = (event) => {
    event.preventDefault();
    if (!name || bad) return;
    if (!configuredTypes().includes(name)) addDelivery(name);
    go('mails', name);
    setName('');
  };
  return (
    <form class="add" onSubmit={submit}>
      <Field label={t('mails.addOther')} problems={bad ? [{ pointer: '', detail: t('mails.badName') }] : []}>
        {(control) => (
          <div class="joined">
            <input {...control} value={name} autocomplete="off" spellcheck={false} onInput={(event) => setName(event.currentTarget.value)} />
            <button type="submit">{t('mails.add')}</button>
          </div>
        )}
      </Field>
    </form>
  );
}
