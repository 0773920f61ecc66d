// The frame around the views: what is being edited and how it stands, the way to
// the views, saving.

import { useEffect } from 'preact/hooks';
import { Notice } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { lacking } from '../state/access.js';
import { fetchConfig } from '../state/config.js';
import { discard, isConfigDirty, isDirty, problems, undoable } from '../state/draft.js';
import { canSave, save } from '../state/save.js';
import { notify, state, update } from '../state/store.js';
import { forgetToken, token } from '../state/token.js';
import { formatTime, t } from '../words/words.js';
import { Boundary } from './boundary.jsx';
import { BrandView } from './brand.jsx';
import { CallersView } from './callers.jsx';
import { Conflict, FileConflict } from './conflict.jsx';
import { DocumentView } from './document.jsx';
import { HealthView } from './health.jsx';
import { InboxView } from './inbox.jsx';
import { MailsView } from './mails.jsx';
import { MessagesView } from './messages.jsx';
import { ReadOnly } from './readonly.jsx';
import { SettingsView } from './settings.jsx';
import { Mark, TokenDialog } from './start.jsx';
import { VersionsView } from './versions.jsx';

const views = {
  mails: MailsView,
  brand: BrandView,
  settings: SettingsView,
  callers: CallersView,
  document: DocumentView,
  versions: VersionsView,
  messages: MessagesView,
  health: HealthView,
  inbox: InboxView,
};

export function Shell({ onToken }) {
  const [name = 'mails', ...rest] = state.route;
  const View = views[name] ?? MailsView;
  const shown = Object.keys(views).filter((view) => view !== 'inbox' || state.sandbox);
  useEffect(() => window.scrollTo(0, 0), [name]);
  return (
    <>
      <a class="skip" href="#content" onClick={focusContent}>{t('app.skip')}</a>
      <header class="top">
        <p class="brand"><Mark /> <span>{t('app.name')}</span></p>
        <nav aria-label={t('app.views')}>
          {shown.map((view) => (
            <a key={view} href={href(view)} aria-current={views[view] === View ? 'page' : undefined}>{t(`view.${view}`)}</a>
          ))}
        </nav>
        <SaveBar />
      </header>
      <Banners />
      <main id="content" tabIndex={-1}>
        <Boundary key={name} route={state.route} draft={state.draft}><View path={rest} /></Boundary>
      </main>
      <Footer />
      {state.dialog?.kind === 'conflict' && <Conflict theirs={state.dialog.theirs} pointers={state.dialog.pointers} />}
      {state.dialog?.kind === 'file' && <FileConflict name={state.dialog.name} theirs={state.dialog.theirs} />}
      {['readonly', 'stuck'].includes(state.dialog?.kind) && <ReadOnly name={state.dialog.kind} problem={state.dialog.problem} />}
      {state.asked && <TokenDialog onDone={onToken} />}
    </>
  );
}

function focusContent(event) {
  event.preventDefault(); // the address names the view
  document.getElementById('content').focus();
}

function SaveBar() {
  const dirty = isDirty();
  const { saving } = state;
  return (
    <div class="savebar">
      <p class="verdict" role="status"><Verdict /></p>
      {dirty && <button type="button" class="quiet" onClick={() => undoable(t('save.discarded'), discard)}>{t('save.discard')}</button>}
      <button type="button" class="primary" disabled={!canSave()}
        aria-keyshortcuts="Control+S" title={t('save.key')} onClick={save}>{saving ? t('save.saving') : t('save.save')}</button>
    </div>
  );
}

function Verdict() {
  const { check, draft } = state;
  const count = (list, one, many) => (list.length === 1 ? t(one) : t(many, { n: list.length }));
  const found = problems();
  if ((draft.broken && check.pending) || found.length > 0) {
    const text = found.length > 0 ? count(found, 'save.problem', 'save.problems') : t('save.problem');
    return <a class="bad" href={href('document')}>{text}</a>;
  }
  if (check.failure) return <span class="bad">{t('save.unchecked', { why: check.failure.message || t('api.unreachable') })}</span>;
  const dirty = isDirty() ? <span class="dirty">{t('save.dirty')}</span> : <span class="muted">{t('save.clean')}</span>;
  if (check.warnings.length === 0) return dirty;
  return <>{dirty} <a class="warn" href={href('document')}>{count(check.warnings, 'save.warning', 'save.warnings')}</a></>;
}

function Banners() {
  const { notice, status, base } = state;
  const { reload, writable, hint } = status.config;
  const changed = status.config.etag !== base.etag && isConfigDirty();
  const compare = () => fetchConfig().then(
    (theirs) => update({ dialog: { kind: 'conflict', theirs } }),
    (error) => notify('bad', error.message || t('api.unreachable'))
  );
  return (
    <div class="banners">
      {!reload.ok && (
        <Notice kind="bad" title={t('reload.bad')}>
          {reload.problems.length > 0 && <ul>{reload.problems.map((p) => <li key={p.pointer + p.detail}><code>{p.pointer || '/'}</code> {p.detail}</li>)}</ul>}
        </Notice>
      )}
      {lacking().length > 0 && <Access />}
      {!writable && <Notice kind="warn"><p>{t('readonly.banner')} {hint}</p></Notice>}
      {changed && <Notice kind="warn" actions={<button type="button" onClick={compare}>{t('reload.compare')}</button>}><p>{t('reload.changed')}</p></Notice>}
      <div role="status">
        {notice && (
          <Notice kind={notice.kind} actions={(
            <>
              {notice.undo && <button type="button" onClick={notice.undo}>{t('app.undo')}</button>}
              <button type="button" class="quiet" onClick={() => update({ notice: null })}>{t('app.dismiss')}</button>
            </>
          )}>
            <p>{notice.text}</p>
          </Notice>
        )}
      </div>
    </div>
  );
}

/** What the token may not do, so that nobody wonders why it does not work. */
function Access() {
  const { name } = state.access;
  return (
    <Notice kind="warn">
      <p>{name ? t('access.named', { name }) : t('access.unnamed')} {lacking().map((scope) => t(`access.lacks.${scope}`)).join(' ')}</p>
    </Notice>
  );
}

function Footer() {
  const { version, config } = state.status;
  const leave = () => {
    forgetToken();
    update({ phase: 'token', failure: null });
  };
  return (
    <footer>
      <span>{t('app.name')} {version}</span>
      <span><code>{config.file}</code></span>
      <span>{t('reload.ok', { time: formatTime(config.loadedAt) })}</span>
      <a href="/console/licenses.txt" target="_blank" rel="noreferrer">{t('app.licenses')}</a>
      {token() && <button type="button" class="link" onClick={leave}>{t('app.signOut')}</button>}
    </footer>
  );
}
