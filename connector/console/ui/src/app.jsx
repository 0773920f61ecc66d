// The console's page: reads what it needs, draws the view that the address names,
// and keeps an eye on the service while it is open.

import { render } from 'preact';
import './styles/index.css';
import { queryOf, routeOf } from './parts/route.js';
import { loadAccess, may } from './state/access.js';
import { getJSON, onRefused } from './state/api.js';
import { refreshStatus } from './state/config.js';
import { isConfigDirty, isDirty, loadConfig, recheck, takeUp } from './state/draft.js';
import { keepDraft, takeKept } from './state/kept.js';
import { canSave, save } from './state/save.js';
import { beginSetup } from './state/setup.js';
import { notify, onChange, state, update } from './state/store.js';
import { askOthers, dropToken, onToken, shareToken, takeToken, token } from './state/token.js';
import { SetupView } from './views/setup.jsx';
import { Shell } from './views/shell.jsx';
import { Failed, Loading, TokenForm } from './views/start.jsx';
import { language, t, tOr } from './words/words.js';

const root = document.getElementById('app');
const watchInterval = 5000;

function Page() {
  if (state.phase === 'token') return <TokenForm onDone={start} />;
  if (state.phase === 'failed') return <Failed onRetry={start} />;
  if (state.phase === 'setup') return <SetupView onToken={resume} onDone={start} />;
  return state.phase === 'ready' ? <Shell onToken={resume} /> : <Loading />;
}

function draw() {
  document.title = t('app.title', { view: state.phase === 'ready' ? tOr(`view.${state.route[0] ?? 'mails'}`, '') : t('app.name') });
  render(<Page />, root);
}

async function start() {
  update({ phase: 'boot', failure: null });
  if (!token()) await askOthers();
  try {
    const [metadata, schema] = await Promise.all([getJSON('/metadata'), getJSON('/schema/connector.json'), loadAccess()]);
    update({ metadata, schema });
    if (!may('read')) return update({ phase: 'failed', failure: { title: t('access.noRead') } });
    await refreshStatus();
    if (state.status.setup) {
      if (!state.draft) beginSetup();
      const begun = takeKept(); // before a reload
      if (begun) takeUp(begun);
      shareToken();
      return update({ phase: 'setup' });
    }
    if (!isConfigDirty()) await loadConfig(); // a token that expired costs no draft, nor the version that it began with
    const kept = takeKept();
    if (kept) takeUp(kept);
    update({ phase: 'ready' });
    shareToken();
  } catch (failure) {
    if (failure.status !== 401) update({ phase: 'failed', failure });
  }
  return undefined;
}

/** Goes on where the service did not accept the token any more. */
async function resume() {
  try {
    await loadAccess();
    await refreshStatus();
    update({ asked: null });
    shareToken();
    recheck();
  } catch (failure) {
    if (failure.status !== 401) update({ asked: failure });
  }
}

const place = () => ({ route: routeOf(location.hash), query: queryOf(location.hash) });

/** Follows the service: a config that was changed elsewhere is taken, unless there are changes here. */
async function watch() {
  if (state.phase !== 'ready' || document.hidden || state.asked || state.saving || state.dialog) return;
  await refreshStatus();
  if (state.status.config.etag === state.base.etag || isConfigDirty() || state.saving || state.dialog) return;
  if (await loadConfig()) notify('plain', t('reload.taken'));
}

onChange(draw);
onRefused((problem) => {
  if (['ready', 'setup'].includes(state.phase)) update({ asked: problem });
  else update({ phase: 'token', failure: token() ? problem : null });
  dropToken();
});
onToken(() => (state.asked ? resume() : start()), () => update({ phase: 'token', failure: null, asked: null }));
addEventListener('hashchange', () => {
  if (takeToken()) start();
  else update(place());
});
addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault(); // the browser would save the page
  if (state.phase === 'ready' && !state.dialog && !state.asked && canSave()) save();
});
addEventListener('pagehide', keepDraft);
addEventListener('beforeunload', (event) => {
  if (isDirty()) event.preventDefault();
});
setInterval(() => watch().catch(() => {}), watchInterval);

document.documentElement.lang = language;
takeToken();
Object.assign(state, place());
draw();
start();
