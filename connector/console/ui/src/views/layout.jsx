// The layout: the page around all own mails, in the config or in a file.

import { Notice } from '../parts/parts.jsx';
import { member, setMember, undoable } from '../state/draft.js';
import { configuredTypes } from '../state/mails.js';
import { problemsAt } from '../state/pointer.js';
import { notify, state } from '../state/store.js';
import { t } from '../words/words.js';
import { CodeField } from './contents.jsx';
import { FileField } from './filefield.jsx';
import { Preview } from './preview.jsx';

/** Tells a text from the path of a file, as the service does. */
const isText = (layout) => /[<\n]|\{\{/.test(layout);

export function LayoutView() {
  const layout = String(member('layout') ?? '');
  const type = configuredTypes()[0] ?? 'SignIn';
  const set = (text) => setMember(['layout'], text);
  const said = { problems: problemsAt(state.check.errors, '/layout'), warnings: problemsAt(state.check.warnings, '/layout') };
  const takeIn = (text) => {
    if (member('layout') !== layout) return; // it was changed meanwhile
    set(text);
    notify('plain', t('mail.takenIn', { file: layout }));
  };
  const remove = () => undoable(t('mails.removed', { name: t('layout.title') }), () => set(undefined));
  return (
    <>
      <section class="mail-editor" id="mail-panel" aria-label={t('layout.title')}>
        <div class="mail-head">
          <h2>{t('layout.title')}</h2>
          {member('layout') !== undefined && <button type="button" class="quiet danger" onClick={remove}>{t('layout.remove')}</button>}
        </div>
        <p class="help layout-lead">{t('layout.lead')}</p>
        {member('layout') === undefined && <Notice actions={<button type="button" onClick={() => set(start)}>{t('mails.add')}</button>}><p>{t('layout.none')}</p></Notice>}
        {layout && (isText(layout)
          ? <CodeField label={t('mail.html')} type={type} value={layout} onInput={set} {...said} />
          : <FileField label={t('mail.html')} help={t('mail.htmlIsFile', { file: layout })} language="html" type={type} name={layout} onTakeIn={takeIn} {...said} />)}
      </section>
      <Preview type={type} language={null} />
    </>
  );
}

const start = `<html lang="{{locale}}">
<body>
  {{{content}}}
</body>
</html>
`;
