// "Check with Mailgun": whether what the config says is what Mailgun knows. No mail is sent.

import { useState } from 'preact/hooks';
import { Failure, TextField } from '../parts/parts.jsx';
import { may } from '../state/access.js';
import { postJSON } from '../state/api.js';
import { configToTry, isConfigDirty } from '../state/draft.js';
import { findingInWords } from '../words/findings.js';
import { t } from '../words/words.js';

const tones = { ok: 'good', warning: 'warn', problem: 'bad', uncertain: 'plain' };

export function Doctor() {
  const [url, setURL] = useState('');
  const [answer, setAnswer] = useState(null); // {found} or {failure}
  const [asking, setAsking] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (asking) return;
    setAsking(true);
    const body = { config: configToTry(), ...(url.trim() && { url: url.trim() }) };
    await postJSON('/doctor', body).then((found) => setAnswer({ found }), (failure) => setAnswer({ failure }));
    setAsking(false);
  };
  return (
    <section class="card" aria-labelledby="doctor-title">
      <h2 id="doctor-title">{t('doctor.title')}</h2>
      <p class="lead">{t('doctor.lead')} {isConfigDirty() && t('doctor.draft')}</p>
      {may('edit') ? (
        <form onSubmit={submit}>
          <TextField label={t('doctor.url')} help={t('doctor.url.help')} type="url" placeholder="https://codes.example.com" value={url} onInput={setURL} />
          <button type="submit" class="primary" disabled={asking}>{t(asking ? 'doctor.asking' : 'doctor.ask')}</button>
        </form>
      ) : <p class="help">{t('access.noDoctor')}</p>}
      <div role="status">
        {answer?.failure && <Failure error={answer.failure} />}
        {answer?.found && (
          <>
            <p class="strong doctor-sum">{t(answer.found.ok ? 'doctor.fine' : 'doctor.bad')}</p>
            <ul class="steps">{answer.found.findings.map((finding, i) => <Finding key={i} finding={finding} />)}</ul>
          </>
        )}
      </div>
    </section>
  );
}

function Finding({ finding }) {
  const { check, way, level } = finding;
  const { detail, hint } = findingInWords(finding);
  return (
    <li>
      <p class="step-line"><span class={`state state-${tones[level]}`}>{t(`doctor.${level}`)}</span> <strong>{t(`doctor.check.${check}`)}</strong>{way && <> ({t(`way.${way}`)})</>}</p>
      <p>{detail}</p>
      {hint && <p class="todo">{hint}</p>}
    </li>
  );
}
