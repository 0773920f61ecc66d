// The console's page: reads what it needs, draws the view that the address names,
// and keeps an eye on the service while it is open.

import { render } from 'preact';
import './styles/index.css';
import { routeOf } from './parts/route.js';
import { getJSON, forgetToken, onRefused, token } from './state/api.js';
import { refreshStatus } from './state/config.js';
import { isDirty, loadConfig } from './state/draft.js';
import { notify, onChange, state, update } from './state/store.js';
import { Shell } from './views/shell.jsx';
import { Failed, Loading, TokenForm } from './views/start.jsx';
import { language, t, tOr } from './words/words.js';

const root = document.getElementById('app');
const watchInterval = 5000;

function Page() {
  if (state.phase === 'token') return <TokenForm onDone={start} />;
  if (state.phase === 'failed') return <Failed onRetry={start} />;
  return state.phase === 'ready' ? <Shell /> : <Loading />;
}

function draw() {
  document.title = t('app.title', { view: state.phase === 'ready' ? tOr(`view.${state.route[0] ?? 'mails'}`, '') : t('app.name') });
  render(<Page />, root);
}

async function start() {
  update({ phase: 'boot', failure: null });
  try {
    const [metadata, schema] = await Promise.all([getJSON('/metadata'), getJSON('/schema/connector.json')]);
    update({ metadata, schema });
    await refreshStatus();
    if (!isDirty()) await loadConfig(); // a token that expired costs no draft, nor the version that it began with
    update({ phase: 'ready' });
  } catch (failure) {
    if (failure.status !== 401) update({ phase: 'failed', failure });
  }
}

/** Follows the service: a config that was changed elsewhere is taken, unless there are changes here. */
async function watch() {
  if (state.phase !== 'ready' || document.hidden || state.saving || state.dialog) return;
  await refreshStatus();
  if (state.status.config.etag === state.base.etag || isDirty() || state.saving || state.dialog) return;
  if (await loadConfig()) notify('plain', t('reload.taken'));
}

onChange(draw);
onRefused((problem) => {
  update({ phase: 'token', failure: token() ? problem : null });
  forgetToken();
});
addEventListener('hashchange', () => update({ route: routeOf(location.hash) }));
addEventListener('beforeunload', (event) => {
  if (isDirty()) event.preventDefault();
});
setInterval(() => watch().catch(() => {}), watchInterval);

document.documentElement.lang = language;
state.route = routeOf(location.hash);
draw();
start();
