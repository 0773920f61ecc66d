// How the service is doing, at a glance: whether mails go out, what became of the last ones,
// and what stands in their way.

import { Notice } from '../parts/parts.jsx';
import { href } from '../parts/route.js';
import { state } from '../state/store.js';
import { formatTime, t, tOr } from '../words/words.js';
import { Doctor } from './doctor.jsx';
import { Words } from './story.jsx';

const outcomes = ['sent', 'sent_later', 'delivered', 'queued', 'bounced', 'complained', 'refused', 'refused_later', 'rate_limited', 'failed', 'unknown', 'expired', 'invalid', 'busy'];
const recently = 15 * 60_000; // ms in which an error is news

/** The page follows GET /status, which the console asks for every few seconds anyway. */
export function HealthView() {
  const { health } = state.status;
  return (
    <div class="page page-wide">
      <h1>{t('view.health')}</h1>
      <p class="lead">{t('health.lead', { time: formatTime(health.since) })}</p>
      <Verdict health={health} />
      <div class="cards">
        <Outcomes health={health} />
        <div>
          <LastError error={health.lastError} />
          <Queue queue={health.queue} />
          <Ways ways={state.status.ways} />
          <Reports webhooks={health.webhooks} />
          <Running />
        </div>
      </div>
      <Doctor />
    </div>
  );
}

/** What is not as it should be; nothing is the good news. */
function Verdict({ health }) {
  const { queue, lastError, webhooks, hour } = health;
  const { ways } = state.status;
  const isNews = lastError && Date.now() - new Date(lastError.at) < recently;
  const found = [
    queue && queue.breaker !== 'closed' && ['bad', 'health.breaker'],
    !state.status.config.reload.ok && ['bad', 'reload.bad'],
    state.status.database && !queue && ['bad', 'health.noAnswer'],
    ways?.down?.includes('main') && ['warn', 'health.mainDown'],
    ways?.down?.includes('failover') && ['warn', 'health.failoverDown'],
    isNews && queue?.breaker !== 'open' && ['warn', 'health.recent'],
    !webhooks.key && ['warn', 'health.noReports'],
  ].filter(Boolean);
  const count = Object.values(hour.outcomes).reduce((sum, n) => sum + n, 0);
  return (
    <div role="status">
      {found.length === 0 && <Notice kind="good" title={t(count > 0 ? 'health.good' : 'health.quiet')} />}
      {found.map(([kind, key]) => <Notice key={key} kind={kind}><p>{t(key)}</p></Notice>)}
    </div>
  );
}

function Outcomes({ health: { hour, day } }) {
  const shown = outcomes.filter((name) => day.outcomes[name] || hour.outcomes[name]);
  const times = ['accepted', 'delivered'].flatMap((what) => ['p50Ms', 'p95Ms'].map((part) => [what, part]));
  return (
    <section class="card" aria-labelledby="health-outcomes">
      <h2 id="health-outcomes">{t('health.outcomes')}</h2>
      <table class="numbers">
        <thead><tr><th scope="col"><span class="hidden">{t('health.outcome')}</span></th><th scope="col">{t('health.hour')}</th><th scope="col">{t('health.day')}</th></tr></thead>
        <tbody>
          {shown.length === 0 && <tr><td colSpan={3} class="muted">{t('health.none')}</td></tr>}
          {shown.map((name) => <tr key={name}><th scope="row">{t(`outcome.${name}`)}</th><td>{hour.outcomes[name] ?? 0}</td><td>{day.outcomes[name] ?? 0}</td></tr>)}
          {times.map(([what, part]) => (
            <tr key={what + part}><th scope="row">{t(`health.${what}.${part}`)}</th>{[hour, day].map((stretch, i) => <td key={i}>{duration(stretch[what]?.[part])}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function duration(ms) {
  if (ms === undefined) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function LastError({ error }) {
  return (
    <section class="card" aria-labelledby="health-error">
      <h2 id="health-error">{t('health.lastError')}</h2>
      {!error && <p class="muted">{t('health.noError')}</p>}
      {error && (
        <>
          <p class="muted"><time dateTime={error.at}>{formatTime(error.at)}</time></p>
          <Words of={error} />
          {error.status > 0 && <p class="quote">{t('api.mailgun', { status: error.status, message: error.message ?? '' })}</p>}
          {state.status.database && <p><a href={href('messages')}>{t('health.seeMessages')}</a></p>}
        </>
      )}
    </section>
  );
}

function Queue({ queue }) {
  return (
    <section class="card" aria-labelledby="health-queue">
      <h2 id="health-queue">{t('health.queue')}</h2>
      {!queue && <p class="muted">{t(state.status.database ? 'health.noAnswer' : 'health.noDatabase')}</p>}
      {queue && (
        <p>
          {queue.messages > 0 ? t('health.waiting', { n: queue.messages, age: duration(queue.oldestSeconds * 1000) }) : t('health.empty')}{' '}
          {t(`breaker.${queue.breaker}`)}
        </p>
      )}
    </section>
  );
}

/** Only with a failover. */
function Ways({ ways }) {
  if (!ways) return null;
  return (
    <section class="card" aria-labelledby="health-ways">
      <h2 id="health-ways">{t('health.ways')}</h2>
      <p>{t('health.way', { way: t(`way.${ways.use}`) })}</p>
    </section>
  );
}

function Reports({ webhooks: { key, reports } }) {
  const kinds = Object.keys(reports);
  return (
    <section class="card" aria-labelledby="health-reports">
      <h2 id="health-reports">{t('health.reports')}</h2>
      {!key && <p class="muted">{t('health.noReports')}</p>}
      {key && kinds.length === 0 && <p class="muted">{t('health.noneReported')}</p>}
      {kinds.length > 0 && <dl class="facts">{kinds.map((kind) => <div key={kind}><dt>{tOr(`report.${kind}`, kind)}</dt><dd>{formatTime(reports[kind])}</dd></div>)}</dl>}
    </section>
  );
}

function Running() {
  const { version, config } = state.status;
  return (
    <section class="card" aria-labelledby="health-config">
      <h2 id="health-config">{t('health.config')}</h2>
      <dl class="facts">
        <div><dt>{t('health.version')}</dt><dd>{version}</dd></div>
        <div><dt>{t('health.etag')}</dt><dd><code>{config.etag.replaceAll('"', '')}</code></dd></div>
        <div><dt>{t('health.loaded')}</dt><dd>{formatTime(config.loadedAt)}</dd></div>
      </dl>
    </section>
  );
}
