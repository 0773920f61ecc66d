// The mails: a tab for each usage type, its mail in each language, and the
// preview beside it.

import { useState } from 'preact/hooks';
import { Field, Tabs } from '../parts/parts.jsx';
import { go, href } from '../parts/route.js';
import { problems } from '../state/draft.js';
import { problemsAt, pointerOf } from '../state/pointer.js';
import { isBuiltin, rowOf, useInventory } from '../state/inventory.js';
import { state } from '../state/store.js';
import { addDelivery, configuredTypes, kindOf, localizedOf, missingTypes, standInFor, typeName } from '../state/mails.js';
import { t } from '../words/words.js';
import { BrokenDocument } from './broken.jsx';
import { fallbackText } from './fallback.js';
import { LayoutView } from './layout.jsx';
import { MailEditor } from './mail.jsx';
import { Matrix } from './matrix.jsx';
import { Preview } from './preview.jsx';

const layoutPath = '~layout'; // no usage type has such a name

export function MailsView({ path }) {
  useInventory();
  const [query, setQuery] = useState('');
  const fits = (type, ...words) => [type, ...words].some((word) => String(word).toLowerCase().includes(query.trim().toLowerCase()));
  if (state.draft.broken) return <BrokenDocument />;
  const types = configuredTypes();
  const isKnown = types.includes(path[0]) || Boolean(rowOf(path[0]));
  const type = isKnown ? path[0] : undefined;
  const isLocalized = localizedOf(type).some(({ template }) => template.languageTag === path[1]);
  const language = isLocalized || state.mails?.languages.includes(path[1]) ? path[1] : null;
  return (
    <div class="mails">
      <h1 class="hidden">{t('view.mails')}</h1>
      <Types types={types} current={type} path={path} query={query} onQuery={setQuery} fits={fits} />
      {path[0] === layoutPath && <LayoutView />}
      {type === undefined && path[0] !== layoutPath && <div class="mails-all" id="mail-panel"><Matrix fits={fits} /></div>}
      {type !== undefined && (
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

function Types({ types, current, path, query, onQuery, fits }) {
  const found = (type) => fits(type, ...localizedOf(type).map(({ template }) => template.languageTag));
  const items = types.filter(found).map((type) => ({ id: type, label: type, note: noteOf(type), bad: hasProblem(type) }));
  const missing = missingTypes().filter(found);
  const isLong = current === undefined || types.length + missingTypes().length >= searchFrom;
  return (
    <aside class="types" aria-label={t('mails.types')}>
      <nav class="overview-links" aria-label={t('view.mails')}>
        <a href={href('mails')} aria-current={current === undefined && path[0] !== layoutPath ? 'page' : undefined}>{t('matrix.title')}</a>
        <a href={href('mails', layoutPath)} aria-current={path[0] === layoutPath ? 'page' : undefined}>{t('layout.title')}</a>
      </nav>
      <h2>{t('mails.types')}</h2>
      {isLong && (
        <input type="search" class="search" aria-label={t('mails.search')} placeholder={t('mails.search')} value={query}
          autocomplete="off" spellcheck={false} onInput={(event) => onQuery(event.currentTarget.value)} />
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
            <span><a class="tab-name" href={href('mails', type)}>{type}</a><span class="tab-note">{fallbackText(standInFor(type))}</span></span>
            {!isBuiltin(type) && <button type="button" class="small" aria-label={t('mails.addType', { type })} onClick={() => add(type)}>{t('mails.add')}</button>}
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
