// What was saved, by whom and when; what a version has that runs no more, and the way back
// to it, for one mail or for all.

import { useEffect, useState } from 'preact/hooks';
import { Empty, Failure, Notice } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { may } from '../state/access.js';
import { getJSON, postJSON } from '../state/api.js';
import { refreshStatus } from '../state/config.js';
import { isDirty, loadConfig } from '../state/draft.js';
import { fetchFile, openFile } from '../state/files.js';
import { at, pathOf, pointerOf } from '../state/pointer.js';
import { notify, state } from '../state/store.js';
import { read } from '../state/text.js';
import { formatTime, languageName, t } from '../words/words.js';
import { Comparison } from './comparison.jsx';

export function VersionsView({ path }) {
  if (!may('edit')) return <div class="page"><Empty title={t('versions.title')}>{t('access.noVersions')}</Empty></div>;
  return <Versions chosen={path[0]} />;
}

function Versions({ chosen }) {
  const [versions, setVersions] = useState(null);
  const [failure, setFailure] = useState(null);
  const { etag } = state.status.config;
  useEffect(() => {
    getJSON('/config/versions').then(({ versions: all }) => (setVersions(all), setFailure(null)), setFailure);
  }, [etag]);
  return (
    <div class="page page-wide">
      <h1>{t('versions.title')}</h1>
      <p class="lead">{t('versions.lead')}</p>
      {failure && <Failure error={failure} />}
      {versions?.length === 0 && <Empty title={t('versions.none')}>{t('versions.noneLead')}</Empty>}
      {versions?.length > 0 && (
        <div class="inbox">
          <nav aria-label={t('versions.list')}>
            <ul>{versions.map((version) => <Entry key={version.id} version={version} isChosen={version.id === chosen} />)}</ul>
          </nav>
          {chosen ? <Version key={chosen + etag} id={chosen} /> : <p class="muted">{t('versions.choose')}</p>}
        </div>
      )}
    </div>
  );
}

const byWhom = ({ by }) => {
  if (by === 'unnamed') return t('versions.unnamed'); // as the service calls a token without a name
  return by ? t('versions.by', { name: by }) : t('versions.found');
};

function Entry({ version, isChosen }) {
  const { id, at, changed, etag } = version;
  return (
    <li>
      <a href={href('versions', id)} aria-current={isChosen ? 'true' : undefined}>
        <strong><time dateTime={at}>{formatTime(at)}</time></strong>
        <span>{byWhom(version)}{etag === state.status.config.etag && <> <span class="state state-good">{t('versions.runs')}</span></>}</span>
        <span class="muted">{changed.slice(0, 3).join(', ')}{changed.length > 3 && t('versions.more', { n: changed.length - 3 })}</span>
      </a>
    </li>
  );
}

function Version({ id }) {
  const [found, setFound] = useState(null); // {version, files}
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    loadVersion(id).then(setFound, setFailure);
  }, [id]);
  const restore = async (pointer) => {
    if (busy) return;
    setBusy(true);
    try {
      await postJSON(`/config/versions/${id}/restore`, pointer ? { pointer } : {});
      notify('good', t('versions.restored'));
      await refreshStatus();
      await loadConfig();
      await Promise.all(Object.keys(state.files).map((name) => openFile(name).catch(() => {}))); // one may be gone
    } catch (error) {
      notify('bad', [error.message || t('api.unreachable'), error.hint].filter(Boolean).join(' '));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="card" aria-label={t('versions.one')}>
      {failure && <Failure error={failure} />}
      {found && <Difference found={found} isBlocked={busy || isDirty() || !state.status.config.writable} onRestore={restore} />}
    </section>
  );
}

/** A version, and for the files that it has otherwise what is in them now. */
async function loadVersion(id) {
  const version = await getJSON(`/config/versions/${id}`);
  const files = await Promise.all(Object.entries(version.files).map(async ([name, then]) => {
    const now = await fetchFile(name).then(({ text }) => text, () => '');
    return { name, then, now };
  }));
  return { version, files: files.filter(({ then, now }) => then !== now) };
}

/** What can be restored by itself of what differs: a mail, or else a whole member of the config. */
function parts(differs) {
  const whole = (pointer) => {
    const path = pathOf(pointer);
    return pointerOf(path.slice(0, ['deliveries', 'templates'].includes(path[0]) ? 2 : 1));
  };
  return [...new Set(differs.filter(Boolean).map(whole))];
}

/** What people call a part: a localized mail by what it is for. */
function nameOf(pointer, value) {
  const path = pathOf(pointer);
  const mail = path[0] === 'templates' && path.length > 1 && at(value, path);
  return mail ? `${mail.templateType} (${languageName(mail.languageTag)})` : pointer;
}

function Difference({ found: { version, files }, isBlocked, onRestore }) {
  const restorable = parts(version.differs);
  const { value } = read(version.text, version.format);
  return (
    <>
      <h2><time dateTime={version.at}>{formatTime(version.at)}</time>, {byWhom(version)}</h2>
      {version.differs.length === 0 && files.length === 0 ? <p class="muted">{t('versions.same')}</p> : (
        <>
          {isDirty() && <Notice kind="warn"><p>{t('versions.dirty')}</p></Notice>}
          <p class="help">{t('versions.restoreLead')}</p>
          <ul class="restore">
            <li><button type="button" class="primary" disabled={isBlocked} onClick={() => onRestore('')}>{t('versions.restoreAll')}</button></li>
            {restorable.map((pointer) => (
              <li key={pointer}><button type="button" disabled={isBlocked} onClick={() => onRestore(pointer)}>{t('versions.restoreOne', { part: nameOf(pointer, value) })}</button></li>
            ))}
          </ul>
          {version.text !== state.base.text && <Side name={state.status.config.file.split('/').pop()} then={version.text} now={state.base.text} />}
          {files.map((file) => <Side key={file.name} {...file} />)}
        </>
      )}
    </>
  );
}

function Side({ name, then, now }) {
  return (
    <>
      <h3><code>{name}</code></h3>
      <Comparison label={name} headings={[t('versions.now'), t('versions.then')]} left={now} right={then} />
    </>
  );
}
