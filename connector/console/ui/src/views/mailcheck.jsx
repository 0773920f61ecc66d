// What the service would warn of in a mail: none of it keeps anybody from saving or sending.

import { localized } from '../state/mails.js';
import { problemsOfFiles } from '../state/files.js';
import { pointerOf, problemsAt } from '../state/pointer.js';
import { sentence } from '../parts/parts.jsx';
import { state } from '../state/store.js';
import { problemsInWords } from '../words/problems.js';
import { t } from '../words/words.js';

/** The place of a mail in the config, as its source names it; null for a built-in mail. */
function pointerOfSource(source) {
  const [place, type, tag] = source.split('/');
  if (place === 'deliveries') return pointerOf(['deliveries', type]);
  if (place !== 'templates') return null;
  const found = localized().find(({ template }) => template.templateType === type && String(template.languageTag).toLowerCase() === tag);
  return found ? pointerOf(['templates', found.index]) : null;
}

export function MailCheck({ mail }) {
  const pointer = pointerOfSource(mail.source);
  const all = problemsInWords(problemsOfFiles(mail.warnings, state.draft.value));
  const own = pointer === null ? [] : problemsAt(all, pointer);
  const common = all.filter((p) => !/^\/(deliveries|templates)\//.test(p.pointer));
  return (
    <details class="fold mail-check" open={own.length > 0}>
      <summary>{t('check.title')} <span class={own.length > 0 ? 'warn' : 'muted'}>{own.length > 0 ? t(own.length === 1 ? 'save.warning' : 'save.warnings', { n: own.length }) : t('check.fine')}</span></summary>
      <Warnings list={own} from={pointer} />
      {common.length > 0 && (
        <>
          <h3>{t('check.common')}</h3>
          <Warnings list={common} from="" />
        </>
      )}
      <p class="help">{t('check.lead')}</p>
    </details>
  );
}

function Warnings({ list, from }) {
  if (list.length === 0) return null;
  return (
    <ul>
      {list.map(({ pointer, detail }) => (
        <li key={pointer + detail}><code>{pointer.slice(from.length + 1).replace(/^details\//, '') || t('check.mail')}</code> {sentence(detail)}</li>
      ))}
    </ul>
  );
}
