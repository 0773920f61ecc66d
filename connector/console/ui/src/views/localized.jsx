// The form of a localized template.

import { CheckField, TextField } from '../parts/parts.jsx';
import { go } from '../parts/route.js';
import { setMember, undoable } from '../state/draft.js';
import { removeLocalized } from '../state/mails.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { state } from '../state/store.js';
import { isObject } from '../state/value.js';
import { t } from '../words/words.js';
import { NoForm } from './broken.jsx';
import { HTMLField, TextPartField } from './contents.jsx';

export function LocalizedForm({ template, index, type }) {
  const details = template.details ?? {};
  const path = ['templates', String(index), 'details'];
  const field = (name) => ({
    value: details[name],
    problems: problemsAt(state.check.errors, pointerOf([...path, name])),
    onInput: (value) => setMember([...path, name], value || undefined),
    onRequired: (value) => setMember([...path, name], value),
  });
  const remove = () => {
    undoable(t('mails.removed', { name: `${type} ${template.languageTag}` }), () => removeLocalized(index));
    go('mails', type);
  };
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <p class="help spread">{t('mails.languageWins')} <button type="button" class="quiet danger" onClick={remove}>{t('mails.remove')}</button></p>
      {isObject(details) ? <Details details={details} type={type} path={path} field={field} /> : <NoForm problems={problemsAt(state.check.errors, pointerOf(path))} />}
    </form>
  );
}

function Details({ details, type, path, field }) {
  const required = (name) => ({ ...field(name), onInput: field(name).onRequired });
  return (
    <>
      <TextField label={t('mail.subject')} help={t('mail.subject.help')} required {...required('subject')} />
      <TextField label={t('mail.sendFrom')} help={t('mail.sendFrom.help')} {...field('sendFrom')} />
      <TextField label={t('mail.replyTo')} {...field('replyTo')} />
      <HTMLField type={type} content={details} path={path} inline="content" fileMember="contentFile" onInput={field('content').onRequired} />
      {details.contentType !== 'text/plain' && <TextPartField type={type} content={details} path={path} onInput={field('text').onInput} />}
      <CheckField label={t('mail.contentType')} checked={details.contentType === 'text/plain'}
        problems={field('contentType').problems} onChange={(on) => field('contentType').onInput(on ? 'text/plain' : 'text/html')} />
    </>
  );
}
