// What Mailgun says of a config, in the page's language. The service's own words are English;
// each finding has them here by its code, with {names} and [optional parts] as the service has
// them. One that is not known here is told as the service has it.

import { setupInWords } from './callersetups.js';
import { language } from './language.js';
import { detailInWords } from './problems.js';
import { causeInWords, reasonInWords } from './reasons.js';
import { tOr } from './words.js';

const panel = `Mailgun の管理画面で確認するか、アカウントのキーで一度確認してください。`;
const later = 'あとで再試行してください。';
const unseen = '確認できません。';
const publish = '{type} {name} を値 {value} で公開してください';
const template = 'テンプレート「{template}」[（版「{version}」）]（{types}）';
const writeDomain = 'domain を Mailgun の管理画面のとおりに書くか、そこで追加してください。';

const ja = {
  key_account: ['アカウントのキーで、{domain} から送信できます[（Mailgun の {region} リージョン）]。', '送信だけなら、そのドメイン専用の送信キーで足ります。漏れても、ほかのことはできません。'],
  key_sending: ['送信専用のキーで、{domain} からの送信だけができます[（Mailgun の {region} リージョン）]。', ''],
  key_works: ['このキーで {domain} から送信できます[（Mailgun の {region} リージョン）]。', ''],
  key_silence: ['{endpoint} で Mailgun が応答しません。', 'ネットワーク、プロキシ（HTTPS_PROXY）、設定の endpoint を確認してください。'],
  key_other_region: ['キーとドメインは Mailgun の {region} リージョンのものですが、設定は別のリージョンです。', 'endpoint を {endpoint} にしてください。'],
  key_domain_nowhere: ['キーは設定のリージョンではなく Mailgun の {region} リージョンで有効です。ドメイン {domain} はどちらにもありません。', writeDomain],
  key_domain_unknown: ['キーは有効です[（Mailgun の {region} リージョン）]が、ドメイン {domain} はそこにありません。', writeDomain],
  key_wrong: ['{domain} でのこのキーを、試したすべてのリージョンで Mailgun が拒否しました（ステータス 401）。', 'Mailgun は次を区別しません: キーが誤っているか失効している、別のドメインの送信キーである、アカウントの IP アドレスの許可リストにない。キーをコピーし直すか、新しく作成してください。'],
  key_refused: ['{reason}（ステータス {status}[、{message}]）', ''],
  key_refused_now: ['{reason}（ステータス {status}[、{message}]）', ''],

  unseen_key: [`${unseen}キーがそこまで有効ではありません。`, '先にキーを直してください。'],
  unseen_sending_key: [`${unseen}送信専用のキーです。`, panel],
  unseen_role: [`${unseen}このキーでは許可されていません。`, 'ドメインのリージョンの、必要なロールを持つアカウントのキーが要ります。'],
  unseen_silence: [`${unseen}Mailgun が応答しません。`, later],
  unseen_answer: [`${unseen}Mailgun の応答が正常ではありません（ステータス {status}）。`, later],
  unseen_refused: [`${unseen}現在、Mailgun がこのキーの使用を許可していません。`, '先に、キーについての問題を解決してください。'],
  unseen_now: [`${unseen}現在、Mailgun がこのキーの使用を許可していません。`, later],

  domain_active: ['ドメインは有効です。', ''],
  domain_sandbox: ['Mailgun のサンドボックスドメインです。承認済みの宛先 5 件までにしか配信されません。', 'Mailgun に自分のドメインを追加してください。'],
  domain_unverified: ['ドメインが確認されていないため、Mailgun はここから送信しません。', '下の DNS レコードを公開し、Mailgun の管理画面で確認してください。'],
  domain_disabled: ['Mailgun がドメインを無効にしました。', '自然には解消しません。理由は Mailgun の管理画面にあり、サポートが解除します。'],
  domain_state: ['ドメインの状態「{state}」は、ここでは不明です。', panel],
  dns_found: ['送信に必要な DNS レコードがあります。', ''],
  dns_none: ['Mailgun がドメインの DNS レコードを示していません。', panel],
  dns_missing: ['{name} の {type} レコードを Mailgun が確認できません。SPF と DKIM がないと迷惑メールに入ります。', publish],
  dns_tracking_missing: ['{name} の {type} レコードを Mailgun が確認できません。リンクの追跡に使われます。', publish],
  from_fits: ['差出人のアドレスはドメインに合っています。', ''],
  from_warning: ['{problem}', 'from を {domain} のアドレス（例: no-reply@{domain}）にしてください。'],
  templates_none: ['設定に Mailgun のテンプレートはありません。', ''],
  template_stored: [`${template}は Mailgun にあります。`, ''],
  template_missing: [`${template}は Mailgun にありません。Mailgun はそのメールを受け付けますが、送信しません。`, '設定のリージョンの Mailgun に保存するか、別のテンプレートを指定してください。'],
  template_unknown: [`${template}を確認できませんでした（ステータス {status}）。`, later],
  webhooks_found: ['Mailgun は {url} に報告しています。', ''],
  webhooks_somewhere: ['Mailgun は {urls} に報告しています。サービスのアドレスがないため、このサービス宛てかどうか分かりません。', 'Mailgun からサービスに届くアドレスを指定して、もう一度確認してください（--url https://HOST）。'],
  webhooks_missing: ['Mailgun が {url} に報告していません: {kinds}。Mailgun が受け付けたあとのメールの結果が分かりません。', 'コマンド webhooks で Webhook を登録してください。報告の受け取りには、データベースと Mailgun の Webhook 署名キーが必要です。'],

  caller_calls: ['[{caller}: ]POST {url} を呼び出します。', ''],
  caller_own: ['[{caller}: ]設定のメール: {types}。', ''],
  caller_builtin: ['[{caller}: ]組み込みのメール: {types}。', ''],
  caller_generic: ['[{caller}: ]Generic のメール: {types}。', ''],
  caller_brings: ['[{caller}: ]呼び出し元が送ってくるメール: {types}。', ''],
  caller_no_content: ['[{caller}: ]既定の言語で {types} の内容がなく、Generic もないため、そのメールは拒否されます。', 'それぞれの内容か、Generic、またはブランドを追加してください。'],
  caller_no_notices: ['[{caller}: ]既定の言語で通知 {types} の内容がないため、送信されません。', 'それぞれの内容か、ブランドを追加してください。'],
  caller_no_database: ['[{caller}: ]呼び出しを繰り返さないため、データベースがないと、すぐに送信できないコードは失われます。', 'サービスを --database を付けて起動してください。'],
  caller_no_call: ['[{caller}: ]サービスの起動以降、呼び出しはありません。', ''],
  caller_last_call: ['[{caller}: ]最後の呼び出し[（{type}）]（{at}）: {outcome}。[{why}]', ''],
  caller_stranger: ['[{caller}: ]{at} の呼び出しは、本来のものと確認できませんでした。[{why}]', ''],
};

/** Puts values into a sentence; a part in [brackets] goes without its value. */
const fill = (sentence, values) =>
  sentence
    .replace(/\[([^\]]*\{(\w+)\}[^\]]*)\]/g, (part, inner, name) => (values[name] ? inner : ''))
    .replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? '');

/** What a finding is told with: {detail, hint}. */
export function findingInWords({ code, values = {}, detail, hint }) {
  if (language !== 'ja' || !ja[code]) return { detail, hint };
  const { reason: name, why, problem, outcome, server } = values;
  const reason = name && reasonInWords({ reason: name, detail: why ?? name, hint });
  const said = {
    ...values,
    reason: causeInWords(name) ?? reason?.detail,
    why: reason?.detail ?? why,
    problem: problem && detailInWords(problem),
    outcome: outcome && tOr(`call.${outcome}`, outcome),
  };
  const todo = server ? setupInWords(server, hint) : reason?.hint;
  return { detail: fill(ja[code][0], said), hint: todo ?? fill(ja[code][1], said) };
}
