// Makes a built-in mail one's own: a copy in the config, or in a file beside it.

import { useState } from 'preact/hooks';
import { Failure, Field, Notice } from '../parts/parts.jsx';
import { go } from '../parts/route.js';
import { postJSON } from '../state/api.js';
import { configToTry, member, undoable } from '../state/draft.js';
import { createFile } from '../state/files.js';
import { usualBuiltin } from '../state/inventory.js';
import { putMail } from '../state/mails.js';
import { languageName, t } from '../words/words.js';

const getBuiltin = (type, language) => postJSON('/mails/builtin', { type, language, config: configToTry() });

/** Without a language, the copy is sent in every language. */
export function Customise({ type, language }) {
  const [isNaming, setNaming] = useState(false);
  const [failure, setFailure] = useState(null);
  const from = language ?? usualBuiltin();
  const put = async (contentOf) => {
    try {
      const mail = await getBuiltin(type, from);
      const content = { ...await contentOf(mail), ...(member('layout') !== undefined && { layout: false }) }; // it is a whole page
      undoable(t('customise.done', { name: [type, language].filter(Boolean).join(' ') }), () => putMail(type, language, content));
      go(...['mails', type, language].filter(Boolean));
    } catch (error) {
      setFailure(error);
    }
  };
  const toConfig = () => put(({ subject, html, text }) => (language ? { subject, content: html, text } : { subject, html, text }));
  const toFile = (name) => put(async ({ subject, html, text }) => {
    const textName = `${name.replace(/\.html?$/i, '')}.txt`;
    await createFile(name, html);
    await createFile(textName, text);
    return language ? { subject, contentFile: name, textFile: textName } : { subject, htmlFile: name, textFile: textName };
  });
  return (
    <>
      <Notice title={t('customise.title')} actions={(
        <>
          <button type="button" class="primary" onClick={toConfig}>{t('customise.toConfig')}</button>
          <button type="button" aria-expanded={isNaming ? 'true' : 'false'} onClick={() => setNaming(!isNaming)}>{t('customise.toFile')}</button>
        </>
      )}>
        <p>{language ? t('customise.lead', { language: languageName(language) }) : t('customise.leadAll', { language: languageName(from) })}</p>
      </Notice>
      {isNaming && <FileName usual={`mails/${[type, language].filter(Boolean).join('.')}.html`} onName={toFile} />}
      {failure && <Failure error={failure} />}
    </>
  );
}

const fileName = /^[^\\/.][^\\]*\.html?$/i;

function FileName({ usual, onName }) {
  const [name, setName] = useState(usual);
  const bad = !fileName.test(name);
  const submit = (event) => {
    event.preventDefault();
    if (!bad) onName(name);
  };
  return (
    <form onSubmit={submit}>
      <Field label={t('customise.fileName')} help={t('customise.fileName.help')} problems={bad ? [{ pointer: '', detail: t('customise.badName') }] : []}>
        {(control) => (
          <div class="joined">
            <input {...control} value={name} autoFocus autocomplete="off" spellcheck={false} onInput={(event) => setName(event.currentTarget.value)} />
            <button type="submit" disabled={bad}>{t('customise.create')}</button>
          </div>
        )}
      </Field>
    </form>
  );
}
