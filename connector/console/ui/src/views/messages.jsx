// What became of the mails: the outbox's list, with filters.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty, Failure, Field } from '../parts/parts.jsx';
import { go } from '../parts/route.js';
import { getJSON } from '../state/api.js';
import { configuredTypes, knownTypes } from '../state/mails.js';
import { state } from '../state/store.js';
import { formatTime, t } from '../words/words.js';
import { Message, StateName } from './message.jsx';

const states = ['accepted', 'sending', 'queued', 'sent', 'delivered', 'failed', 'bounced', 'complained', 'expired', 'cancelled'];
const hours = { hour: 1, day: 24, week: 24 * 7 };
const pageSize = 50;
const refreshInterval = 5000;

const noFilter = { state: '', type: '', since: '', recipient: '' };

function query(filter, cursor) {
  const words = new URLSearchParams({ limit: String(pageSize) });
  for (const name of ['state', 'type', 'recipient']) if (filter[name].trim()) words.set(name, filter[name].trim());
  if (filter.since) words.set('since', new Date(Date.now() - hours[filter.since] * 3600_000).toISOString());
  if (cursor) words.set('cursor', cursor);
  return `/messages?${words}`;
}

export function MessagesView({ path }) {
  if (state.status.database) return <Messages path={path} />;
  return <div class="page"><Empty title={t('messages.noDatabase')}>{t('messages.noDatabaseLead')}</Empty></div>;
}

function Messages({ path }) {
  const [filter, setFilter] = useState(noFilter);
  const [page, setPage] = useState(null); // {messages, nextCursor}
  const [failure, setFailure] = useState(null);
  const [extra, setExtra] = useState(false); // more than the first page is shown, so it stays as it is
  const asked = useRef({ latest: 0, more: false });
  const load = async (cursor) => {
    const mine = ++asked.current.latest; // an answer that comes after a newer question is for nobody
    asked.current.more = Boolean(cursor);
    try {
      const next = await getJSON(query(filter, cursor));
      if (mine !== asked.current.latest) return;
      setFailure(null);
      setPage((old) => (cursor ? { ...next, messages: [...old.messages, ...next.messages] } : next));
      setExtra(Boolean(cursor));
    } catch (error) {
      if (mine === asked.current.latest) setFailure(error);
    } finally {
      if (mine === asked.current.latest) asked.current.more = false;
    }
  };
  const words = JSON.stringify(filter);
  useEffect(() => {
    const timer = setTimeout(load, 200);
    return () => clearTimeout(timer);
  }, [words]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && !extra && !asked.current.more && page && load(), refreshInterval);
    return () => clearInterval(timer);
  }, [words, extra, page === null]);

  return (
    <div class="page page-wide">
      <div class="spread">
        <div><h1>{t('messages.title')}</h1><p class="lead">{t('messages.lead')}</p></div>
        <button type="button" onClick={() => load()}>{t('messages.refresh')}</button>
      </div>
      <Filters filter={filter} setFilter={setFilter} />
      {failure && <Failure error={failure} />}
      {path[0] && <Message key={path[0]} id={path[0]} onChange={() => load()} />}
      {page && page.messages.length === 0 && <Empty title={t('messages.none')}>{t('messages.noneLead')}</Empty>}
      {page && page.messages.length > 0 && <List messages={page.messages} current={path[0]} />}
      {page?.nextCursor && <button type="button" onClick={() => load(page.nextCursor)}>{t('messages.more')}</button>}
    </div>
  );
}

function Filters({ filter, setFilter }) {
  const types = [...new Set([...configuredTypes(), ...knownTypes()])];
  const change = (name) => (event) => setFilter({ ...filter, [name]: event.currentTarget.value });
  const select = (name, options) => (
    <Field label={t(`messages.${name}`)}>
      {(control) => (
        <select {...control} value={filter[name]} onChange={change(name)}>
          <option value="">{t('messages.any')}</option>
          {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      )}
    </Field>
  );
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      {select('state', states.map((name) => [name, t(`state.${name}`)]))}
      {select('type', types.map((name) => [name, name]))}
      {select('since', Object.keys(hours).map((name) => [name, t(`messages.${name}`)]))}
      <Field label={t('messages.recipient')}>
        {(control) => <input {...control} type="text" value={filter.recipient} autocomplete="off" spellcheck={false} onInput={change('recipient')} />}
      </Field>
    </form>
  );
}

function List({ messages, current }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>{['state', 'type', 'created', 'source', 'error'].map((name) => <th key={name} scope="col">{t(`messages.${name}`)}</th>)}<th scope="col"><span class="hidden">{t('messages.open')}</span></th></tr>
        </thead>
        <tbody>
          {messages.map((message) => (
            <tr key={message.id} class={message.id === current ? 'current' : ''}>
              <td data-label={t('messages.state')}><StateName name={message.state} /></td>
              <td data-label={t('messages.type')}>{message.type}</td>
              <td data-label={t('messages.created')}><time dateTime={message.createdAt}>{formatTime(message.createdAt)}</time></td>
              <td data-label={t('messages.source')}><code>{message.source}</code></td>
              <td data-label={t('messages.error')} class="error-cell">{message.error}</td>
              <td><button type="button" class="small" aria-label={`${t('messages.open')} ${message.id}`} onClick={() => go('messages', message.id)}>{t('messages.open')}</button></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
