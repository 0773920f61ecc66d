// The editor of one usage type: its languages, and the mail in one of them.

import { useState } from 'preact/hooks';
import { Field, Notice, Problems, Tabs } from '../parts/parts.jsx';
import { go } from '../parts/route.js';
import { pointerOf } from '../state/pointer.js';
import { state } from '../state/store.js';
import { isBuiltin, rowOf } from '../state/inventory.js';
import { addDelivery, addLocalized, deliveries, languageTag, localizedOf, standInFor } from '../state/mails.js';
import { setMember, undoable } from '../state/draft.js';
import { isObject } from '../state/value.js';
import { languageName, t } from '../words/words.js';
import { NoForm } from './broken.jsx';
import { Customise } from './customise.jsx';
import { DeliveryForm } from './delivery.jsx';
import { fallbackText } from './fallback.js';
import { LocalizedForm } from './localized.jsx';

export function MailEditor({ type, language }) {
  const localized = localizedOf(type);
  const items = [
    { id: '', label: t('mails.anyLanguage') },
    ...localized.map(({ template }) => ({ id: template.languageTag, label: template.languageTag })),
  ];
  const chosen = localized.find(({ template }) => template.languageTag === language);
  if (language && !chosen) items.push({ id: language, label: language });
  return (
    <>
      <div class="mail-head">
        <h2>{type}</h2>
        {!language && deliveries()[type] !== undefined && (
          <button type="button" class="quiet danger" onClick={() => undoable(t('mails.removed', { name: type }), () => setMember(['deliveries', type], undefined))}>{t('mails.remove')}</button>
        )}
      </div>
      <div class="languages">
        <Tabs label={t('mails.languages')} items={items} current={language ?? ''} panel="language-panel" onSelect={(tag) => go(...['mails', type, tag].filter(Boolean))} />
        <AddLanguage type={type} />
      </div>
      <div role="tabpanel" id="language-panel" aria-label={language ?? t('mails.anyLanguage')}>
        {chosen && <LocalizedForm {...chosen} type={type} />}
        {!chosen && (language ? <NotOwn type={type} language={language} /> : <AnyLanguage type={type} />)}
      </div>
    </>
  );
}

/** For a language that a type has no mail of its own in. */
function NotOwn({ type, language }) {
  const source = rowOf(type)?.sources[language] ?? '';
  return (
    <>
      <Notice><p>{source ? t('mails.notOwn', { language: languageName(language), source }) : t('mails.refusedIn', { language: languageName(language) })}</p></Notice>
      {isBuiltin(type) && state.mails.builtin.includes(language)
        ? <Customise type={type} language={language} />
        : <button type="button" onClick={() => addLocalized(type, language)}>{t('mails.addIn', { language: languageName(language) })}</button>}
    </>
  );
}

function AnyLanguage({ type }) {
  const delivery = deliveries()[type];
  if (delivery === undefined && isBuiltin(type)) {
    return (
      <>
        <Notice><p>{t('mails.builtinAll', { fallback: fallbackText(standInFor(type)) })}</p></Notice>
        <Customise type={type} />
      </>
    );
  }
  if (delivery === undefined) {
    return (
      <Notice actions={<button type="button" onClick={() => addDelivery(type)}>{t('mails.addType', { type })}</button>}>
        <p>{t('mails.noDelivery', { fallback: fallbackText(standInFor(type)) })}</p>
      </Notice>
    );
  }
  const problems = state.check.errors.filter((p) => p.pointer === pointerOf(['deliveries', type]));
  const standIn = standInFor(type);
  if (!isObject(delivery)) return <NoForm problems={problems} />;
  return (
    <>
      <Problems problems={problems} />
      {standIn?.language && <Notice><p>{t('mails.shadowed', { fallback: fallbackText(standIn) })}</p></Notice>}
      <DeliveryForm type={type} delivery={delivery} />
    </>
  );
}

function AddLanguage({ type }) {
  const [open, setOpen] = useState(false);
  const [tag, setTag] = useState('');
  const bad = tag !== '' && !languageTag.test(tag);
  const submit = (event) => {
    event.preventDefault();
    if (!tag || bad) return;
    if (!localizedOf(type).some(({ template }) => template.languageTag === tag)) addLocalized(type, tag);
    go('mails', type, tag);
  };
  if (!open) return <button type="button" class="small" onClick={() => setOpen(true)}>{t('mails.addLanguage')}</button>;
  return (
    <form class="add" onSubmit={submit}>
      <Field label={t('mails.languageTag')} problems={bad ? [{ pointer: '', detail: t('mails.badLanguage') }] : []}>
        {(control) => (
          <div class="joined">
            <input {...control} value={tag} size="8" autoFocus autocomplete="off" spellcheck={false} placeholder="fr" onInput={(event) => setTag(event.currentTarget.value)} />
            <button type="submit">{t('mails.add')}</button>
          </div>
        )}
      </Field>
    </form>
  );
}
