// The service's own sentences are English. In another language the page tells an error by its
// code and status, and a problem of the config by what it is about; what it does not know it
// leaves as the service has it, which is better than nothing.

import { language } from './language.js';

const codesJa = {
  authorization_failed: ['API トークンが正しくありません', '有効な API トークンがありません。'],
  rate_limit_exceeded: ['メールが多すぎます', '宛先への送信数が上限に達したか、Mailgun が送信を控えるよう求めています。しばらくしてから再試行してください。'],
  invalid_config: ['設定に問題があります', '設定に問題があります。各項目を確認してください。'],
  template_not_found: ['この用途のメールがありません', 'この用途のメールも Generic のメールもありません。'],
  insufficient_request_parameters: ['値が足りません', 'このメールには code または link が必要ですが、payload にありません。'],
  'invalid_request_parameters 400': ['リクエストが正しくありません', 'リクエストの内容を確認してください: {detail}'],
  'invalid_request_parameters 404': ['見つかりません', '対象が見つかりません。'],
  'invalid_request_parameters 408': ['時間切れです', '内容が時間内に届きませんでした。'],
  'invalid_request_parameters 409': ['書き込めません', '設定ファイルに書き込めないか、サービスのファイルを読み込めないか、設定を表示できません。'],
  'invalid_request_parameters 412': ['設定が変更されています', '設定が別の場所で変更されました。'],
  'invalid_request_parameters 413': ['大きすぎます', '内容が大きすぎます。設定は 4 MiB までです。'],
  'invalid_request_parameters 415': ['形式が違います', '設定ファイルの形式が変わりました。ページを読み込み直してください。'],
  'invalid_request_parameters 503': ['混み合っています', 'ほかの設定を確認中か、サービスが読み込むファイルの応答がありません。しばらくしてから再試行してください。'],
  'general 502': ['送信されませんでした', 'Mailgun が拒否したため、メールは送信されていません。'],
  'general 503': ['送信されませんでした', 'Mailgun に届かないか、Mailgun が応答に失敗しました。しばらくしてから再試行してください。'],
  'general 504': ['送信されたか分かりません', '時間内に Mailgun の応答がありませんでした。同じコードの再送信は問題ありません。'],
  internal: ['サービス内部のエラー', 'サービスで問題が起きました。ログにリクエスト ID と原因があります。'],
};

// What is told under a title of its own, though its code says less.
const titlesJa = {
  "Mailgun's suppressions are not known": 'Mailgun の配信停止リストを確認できません',
};

const hintsJa = [
  [/^The API key goes into (.+), where the service reads it\.[^]*/, 'API キーの書き込み先はサービスが読み込む $1 ですが、書き込めません。サービスのユーザーにファイルとフォルダーへの書き込みを許可するか、元の場所で変更してください。'],
  [/^First see to what keeps the service from reading its files: (.+)\.$/, '先に、サービスがファイルを読み込めない原因を解消してください: $1'],
  [/^It is most likely a domain sending key/, '送信専用のドメインキーと思われます。アカウントのキーか、配信停止リストを扱えるキーを設定するか、Mailgun の管理画面の Sending → Suppressions で確認してください。'],
  [/^Try again in a minute/, '1 分後に再試行してください。続くなら https://status.mailgun.com を確認してください。'],
  [/four reasons/, 'Mailgun の 401 の原因は、API キーの誤り、リージョンの違い、未登録のドメイン、IP アドレスの許可リストのいずれかです。'],
  [/ConfigMap/, 'このファイルは Kubernetes の ConfigMap の一部です。ConfigMap を変更すると読み込み直されます。'],
  [/mounted read-only/, 'ファイルシステムが読み取り専用です。設定のフォルダーを書き込み可能でマウントしてください。'],
  [/mounted by itself/, 'ファイルだけがマウントされています。フォルダーをマウントしてください。'],
  [/another user or group/, 'ファイルの所有者またはグループが異なり、保存すると変わってしまいます。サービスのユーザーとグループの所有にしてください。'],
  [/user of the service/, 'サービスのユーザーに、ファイルとフォルダーへの書き込みを許可してください。'],
  [/--console/, 'API からの保存は --console を付けて起動すると有効になります。'],
  [/MAILGUN_API_KEY_FILE/, 'API キーは apiKey だけに文字列として書くか、MAILGUN_API_KEY または MAILGUN_API_KEY_FILE で指定してください。'],
];

const detailsJa = [
  [/may not look at the domain's suppressions/, 'この API キーでは、ドメインの配信停止リストを確認も変更もできません。'],
  [/failed to look at the domain's suppressions/, 'Mailgun の配信停止リストの確認または変更に失敗しました。'],
  [/did not answer about the domain's suppressions/, 'Mailgun の配信停止リストについて応答がありませんでした。'],
  [/^is missing/, '必須です。'],
  [/^must not be empty/, '空にできません。'],
  [/is unknown here.*write "([^"]+)"/, '不明な項目です。削除するか、"$1" と書いてください。'],
  [/is unknown here/, '不明な項目です。削除してください。'],
  [/^must be (?:an? )?(\w+), not (?:an? )?(\w+)/, '$1 にしてください（現在は $2）。'],
  [/begin with a scheme/, '"https://" を付けず、ドメイン名だけを書いてください（例: "mg.example.com"）。'],
  [/slash or anything after/, 'スラッシュを付けず、ドメイン名だけを書いてください（例: "mg.example.com"）。'],
  [/white space: write the bare/, '空白を含めず、ドメイン名だけを書いてください（例: "mg.example.com"）。'],
  [/DNS name/, 'ドメイン名ではありません（例: "mg.example.com"）。'],
  [/ sender: write one mailbox/, '差出人を一つ書いてください（例: "Sender Name <no-reply@mg.example.com>"）。'],
  [/web address|scheme and host only|which is not Mailgun's/, 'Mailgun の API のアドレスではありません（例: "https://api.eu.mailgun.net"）。'],
  [/needs "html" or "template"/, '"html" または "template" が必要です。'],
  [/has both "(\w+)" and "(\w+)"/, '"$1" と "$2" の両方があります。片方だけにしてください。'],
  [/language tag/, '言語タグではありません（例: "en"、"fr-CA"、"zh-Hant"）。'],
  [/usage type: use/, '用途の名前に使えるのは英数字と "_" "-" "." で、1～64 文字です。'],
  [/line break or control character/, '改行または制御文字が含まれています。ヘッダーは一行です。'],
  [/line or paragraph separator/, '見えない改行（U+0085、U+2028、U+2029）が含まれています。削除してください。'],
  [/duration/, '時間ではありません（例: "10m"、"1h30m"）。'],
  [/from 1m to 24h/, '1m から 24h の間にしてください。'],
  [/line (\d+) has MJML/, '$1 行目: MJML はメールソフトで表示できません。HTML に変換してください。'],
  [/line (\d+) has a <script>/, '$1 行目: <script> はメールソフトで取り除かれます。なくても動くようにして削除してください。'],
  [/line (\d+) has a <form>/, '$1 行目: <form> はメールソフトで使えません。フォームのあるページへのリンクにしてください。'],
  [/line (\d+) has an <html> without "lang"/, '$1 行目: <html> に "lang" がありません。読み上げソフトが言語を判断できません。'],
  [/line (\d+) has a picture without "alt"/, '$1 行目: 画像に "alt" がありません。内容を書くか、装飾なら alt="" としてください。'],
  [/line (\d+) has a whole page inside/, '$1 行目: レイアウトの中にページ全体があります。重なる部分を除くか、このメールに "layout": false を設定してください。'],
  [/line (\d+) has a link to http:/, '$1 行目: http:// へのリンクは警告や遮断の対象です。https:// にしてください。'],
  [/(?:line (\d+): )(.+) is not a placeholder/, '$1 行目: $2 はプレースホルダーではなく、そのまま送信されます。値は {{path}}、条件は {{#if path}} … {{/if}} と書きます。'],
  [/has (\d+) KB: Gmail/, '$1 KB あります。Gmail は 102 KB を超える部分を表示しません。'],
  [/has a text part without \{\{(\w+)\}\}/, 'テキスト版に {{$1}} がありません。テキスト版を読む人は使えません。'],
  [/has no \{\{link\}\}/, '{{link}} がありません。このメールではリンクを開けません。'],
  [/declared as "text\/plain"/, 'HTML のように見えますが "text/plain" になっています。タグがそのまま表示されます。'],
  [/wraps nothing/, 'このレイアウトに入るメールがありません。'],
  [/is of (\S+), and mails are signed for (\S+):/, '差出人は $1 ですが、署名は $2 です。受信側（DMARC）で拒否されることがあります。'],
  [/did you mean "([^"]+)"/, 'Logto の用途ではありません。"$1" のことですか。'],
  [/no template is in the fallback language "([^"]+)"/, '既定の言語 "$1" のテンプレートがありません。ほかの言語の人には deliveries の内容が送られます。'],
  [/is not used: there is no "logo"/, '"logo" がないため使われません。'],
  [/is not a color/, '色ではありません（例: "#0a6640"）。'],
  [/from 16 to 480/, '16 から 480 の間にしてください。'],
  [/nobody sees and which can change/, '見えない制御文字が含まれています。削除してください。'],
  [/has no \{\{code\}\}/, '{{code}} がありません。このメールではサインインできません。'],
  [/has no "Generic"/, '"Generic" がないため、一覧にない用途は拒否されます。'],
  [/has no "subject"/, '"subject" がありません。件名のないメールは迷惑メールに見えます。'],
  [/holds white space or characters/, 'API キーに使えない文字が含まれています。もう一度コピーしてください。'],
  [/(JSON|YAML).*line (\d+)/, '$2 行目が $1 として読み取れません。'],
  [/\b(JSON|YAML)\b/, '$1 として読み取れません。'],
  [/regular mail file|mail file/, '使えるのは設定のフォルダー以下にある .html、.htm、.txt ファイルだけです。'],
];

/** The words of the first line of a table that fits, or the text as it is. */
const firstOf = (table, text) => {
  const known = table.find(([pattern]) => pattern.test(text));
  return known ? text.match(known[0])[0].replace(known[0], known[1]) : text;
};

/** Tells a problem's detail in the page's language. */
export const detailInWords = (detail) => (language === 'ja' ? firstOf(detailsJa, detail) : detail);

export const hintInWords = (hint) => (language === 'ja' && hint ? firstOf(hintsJa, hint) : hint);

export const problemsInWords = (list = []) => list.map((p) => ({ ...p, detail: detailInWords(p.detail) }));

/** Tells an error of the service in the page's language: {title, detail, hint, errors}. */
export function inWords(body, status) {
  if (language !== 'ja') return body;
  const own = titlesJa[body.title] && [titlesJa[body.title], detailInWords(body.detail)];
  const [title, detail] = own ?? codesJa[`${body.code} ${status}`] ?? codesJa[body.code] ?? [body.title, body.detail];
  return {
    ...body,
    title,
    detail: detail?.replace('{detail}', body.detail),
    hint: hintInWords(body.hint),
    errors: problemsInWords(body.errors),
  };
}
