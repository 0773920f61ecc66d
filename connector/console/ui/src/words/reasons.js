// Why a mail went the way it did, in the page's language. The service's own words are English;
// each reason has them here by its name: what happened, and what to do. One that is not known
// here is told as the service has it.

import { callReasonsJa } from './callreasons.js';
import { language } from './language.js';

const panel = 'Mailgun の管理画面';

const ja = {
  request_invalid: ['リクエストが正しくないため、メールは作成されませんでした。', 'ログの宛先ハッシュと同じ行に原因があります。呼び出し側でリクエストを直してください。'],
  no_content: ['この用途のメールも Generic のメールも設定されていません。', 'この用途か Generic のメールを設定に追加してください。'],
  no_code: ['このメールには code または link が必要ですが、payload にありません。', 'payload.code または payload.link を送るか、この用途に不要な内容を設定してください。'],
  code_expired: ['コードはすでに期限切れです（expiresAt が過去の時刻です）。', '呼び出し側の時計と expiresAt を確認してください。本人が新しいコードを依頼します。'],
  recipient_limit: ['短い間にこの宛先へのメールが多すぎるため、送信されませんでした。', '上限は起動オプション --recipient-limit です。'],
  busy: ['同時に送信中のメールが多すぎるため、送信されませんでした。', '上限は起動オプション --max-in-flight です。呼び出し側は再試行できます。'],
  not_stored: ['メールを保存できなかったため、送信されませんでした。', 'データベースの障害です。詳細はログにあります。呼び出し側は再試行できます。'],
  call_invalid: ['ID サーバーの呼び出しに code も link もないか、内容が正しくないため、メールは作成されませんでした。', 'ログの宛先ハッシュと同じ行に原因があります。ID サーバーの設定をドキュメントと比べてください。'],
  key_reused: ['Idempotency-Key が別のリクエストで使用済みのため、送信されませんでした。', '呼び出し側はリクエストごとに新しいキーを使う必要があります。'],
  key_busy: ['同じ Idempotency-Key の最初のリクエストが処理中のため、このリクエストでは送信されませんでした。', '結果は最初のリクエストの記録にあります。呼び出し側は再試行できます。'],
  key_unknown: ['Idempotency-Key を照合できなかったため、送信されませんでした。', 'データベースの障害です。詳細はログにあります。呼び出し側は再試行できます。'],
  mailgun_down: ['Mailgun に障害があり、次の試行の前にコードが期限切れになるため、送信されませんでした。', 'それまでの試行に障害の様子があります。復旧後に本人が新しいコードを依頼します。'],
  internal: ['サービスで問題が起きたため、送信されませんでした。', 'メッセージ ID で記録されたログに原因があります。'],

  credentials: ['Mailgun が認証を拒否したため、送信されませんでした。', 'Mailgun の 401 の原因は、API キーの誤り、リージョンの違い（https://api.mailgun.net は米国、https://api.eu.mailgun.net は EU）、未登録のドメイン、IP アドレスの許可リストのいずれかです。'],
  forbidden: ['この API キーでの送信を Mailgun が許可していないため、送信されませんでした。', `多くの場合、このドメインから送信できないキーか、許可リストにない IP アドレスです。両方を${panel}で確認してください。それ以外はアカウントの停止をサポートに問い合わせてください。`],
  ip_not_allowed: ['このサービスの IP アドレスを Mailgun が拒否したため、送信されませんでした。', `サービスの送信元 IP アドレスを${panel}の許可リストに追加するか、許可リストを無効にしてください。`],
  domain_not_found: ['Mailgun に登録されていないドメインのため、送信されませんでした。', `設定の domain を${panel}のドメインと比べ、リージョンも確認してください。ドメインは米国（https://api.mailgun.net）か EU（https://api.eu.mailgun.net）の一方にあります。`],
  domain_unverified: ['送信ドメインが Mailgun で確認されていないため、送信されませんでした。', `${panel}に表示される DNS レコードを追加し、そこで確認してください。それまでは送信できません。`],
  domain_disabled: ['Mailgun が送信ドメインを無効にしたため、送信されませんでした。', `自然には解消しません。${panel}で状態を確認してサポートに依頼するか、別のドメインから送信してください。よくある原因は不達、迷惑メール報告、DNS レコードの削除です。`],
  sandbox_domain: ['Mailgun のサンドボックスドメインは承認済みの宛先にしか送信できないため、送信されませんでした。', `設定の domain と from を自分のドメインにしてください。試すだけなら${panel}で宛先を承認済みに追加し、本人が招待を承諾します。`],
  free_account: ['無料の Mailgun アカウントは承認済みの宛先にしか送信できないため、送信されませんでした。', `アカウントをアップグレードするか、${panel}で宛先を承認済みに追加してください。ドメインに問題はありません。`],
  account_disabled: ['Mailgun がアカウントを無効にしたため、送信されませんでした。', `待っても、送信を減らしても解消しません。アカウントの所有者が${panel}にログインするか、サポートに問い合わせてください。ドメインは原因ではありません。`],
  account_unverified: ['Mailgun のアカウントが有効化または確認されていないため、送信されませんでした。', `アカウントの所有者が有効化メールの手順、または${panel}の事業者確認を済ませてください。ドメインは原因ではありません。`],
  account_limit: ['設定された送信上限に達して Mailgun のアカウントが無効になったため、送信されませんでした。', `${panel}でアカウントの送信上限を引き上げてください。ドメインは原因ではありません。`],
  account_refused: ['このアカウントまたはドメインからの送信を Mailgun が許可していないため、送信されませんでした。', `アカウントかドメインが無効か未確認、またはこの宛先に送信できません。自然には解消しません。${panel}にログインするか、サポートに問い合わせてください。`],
  payment_required: ['Mailgun への支払いが必要なため、送信されませんでした。', `アカウントの所有者が${panel}の請求でプラン、請求書、カードを確認してください。ドメインは原因ではありません。`],
  slow_down: ['Mailgun が送信を控えるよう求めたため、送信されませんでした。', '自然に解消します。頻繁なら、上限の引き上げを Mailgun に依頼してください。'],
  probation: ['アカウントが試用期間中で、Mailgun が送信を控えるよう求めたため、送信されませんでした。', '新しいアカウントは 1 時間に 100 通ほどです。次の 1 時間で解消します。完全な解除は Mailgun のサポートに依頼してください。'],
  limit_hour: ['Mailgun の 1 時間の上限に達したため、送信されませんでした。', `次の 1 時間で解消します。${panel}かサポートで上限を引き上げてください。`],
  limit_day: ['Mailgun の 1 日の上限に達したため、送信されませんでした。', `翌日に解消します。${panel}で上限かプランを引き上げてください。`],
  limit_month: ['Mailgun の 1 か月の上限に達したため、送信されませんでした。', `${panel}で上限かプランを引き上げてください。`],
  recipient_invalid: ['Mailgun が宛先のアドレスを受け付けないため、送信されませんでした。', '"to" のアドレスを確認してください。'],
  recipient_suppressed: ['宛先が Mailgun の配信停止リストにあるため、送信されませんでした。', '配信停止を確認し、本人がメールを必要とするなら解除してください。'],
  sender_invalid: ['Mailgun が差出人のアドレスを受け付けないため、送信されませんでした。', '設定の from と、テンプレートの sendFrom を確認してください。'],
  template_missing: ['このテンプレート、またはこの版が Mailgun にないため、送信されませんでした。', `内容の template と templateVersion を${panel}のテンプレートと比べてください。`],
  mail_too_large: ['メールが Mailgun の上限より大きいため、送信されませんでした。', '上限は 25 MB、変数・ヘッダー・タグは 16 KB です。内容か payload を短くしてください。'],
  mail_empty: ['この payload では内容が空になるため、送信されませんでした。', 'payload に左右されない文章を内容に加えてください。'],
  refused: ['Mailgun がメールを拒否しました。', '併記された Mailgun の説明に理由があります。多くは設定の内容です。'],
  unreachable: ['Mailgun に接続できないため、送信されませんでした。', 'サービスのネットワーク（DNS、プロキシ、ファイアウォール）、次に https://status.mailgun.com を確認してください。'],
  no_answer: ['時間内に Mailgun の応答がなく、送信されたか分かりません。', '頻繁なら https://status.mailgun.com と途中のネットワークを確認してください。'],
  connection_lost: ['応答の前に Mailgun との接続が切れ、送信されたか分かりません。', '頻繁なら、プロキシやファイアウォールなど途中のネットワークを確認してください。'],
  mailgun_failing: ['Mailgun に障害があり、送信されていない可能性があります。', 'https://status.mailgun.com を確認してください。自動的に再試行されます。'],
  no_message_id: ['応答にメッセージ ID がなく、送信されたか分かりません。', '設定の endpoint と途中のプロキシを確認してください。'],
  not_mailgun: ['Mailgun から応答はありましたが、メールは受け付けられませんでした。', '設定の endpoint と domain を確認してください。Mailgun は知らないアドレスにこう応答します。'],
  redirect: ['Mailgun の応答がリダイレクトのため、送信されませんでした。', '設定の endpoint と途中のプロキシを確認してください。'],
  lost: ['この試行の途中でプロセスが停止し、送信されたか分かりません。', '再試行されました。同じコードが 2 通届くことがあります。'],
  other_way: ['先に試した経路が受け付けなかったため、もう一方の経路で送信しました。', '先に試した経路の障害は試行の記録にあります。'],
  both_ways: ['先に試した経路が受け付けたか分からず、もう一方の経路も受け付けました。', '同じコードが 2 通届くことがありますが、問題ありません。failover.after: 0 にすると、応答のない主経路を待ちます。'],

  suppressed_bounce: ['このアドレスへのメールが以前に不達になったため、Mailgun は送信しませんでした。', 'メールボックスが使えるようになったら、不達による配信停止を解除してください。それまではすべてこうなります。'],
  suppressed_unsubscribe: ['このアドレスがドメインのメールの配信を停止しているため、Mailgun は送信しませんでした。', '本人がサインインを望むなら、配信停止を解除してください。再発を防ぐため、宣伝は別のドメインから送信してください。'],
  suppressed_complaint: ['本人がドメインのメールを迷惑メールとして報告したため、Mailgun は送信しませんでした。', '本人から依頼があった場合だけ、報告による配信停止を解除してください。'],
  no_mailbox: ['受信側のサーバーによると、このメールボックスはありません。', 'アドレスの入力ミスか、使われなくなったアドレスです。本人が確認します。Mailgun は配信を停止しました。使えるようになったら解除してください。'],
  mailbox_full: ['受信側のメールボックスがいっぱいです。', '本人が空きを作り、新しいコードを依頼します。配信停止があれば解除してください。'],
  blocked: ['受信側のサーバーが迷惑メール、または方針により拒否しました。', 'ドメインの SPF、DKIM、DMARC と IP アドレスの評判を確認してください。受信側の管理者が許可することもできます。そのあと配信停止を解除してください。'],
  no_mail_server: ['宛先のドメインはメールを受け取らないか、メールサーバーが見つかりません。', '多くはドメインの入力ミスです。本人がアドレスを確認します。'],
  no_tls: ['受信側のサーバーが、設定で必須の TLS に対応していません。', 'options.requireTls を false にするか、受信側の管理者が TLS を有効にします。'],
  greylisted: ['受信側のサーバーが、初めての差出人に対してあとで再送するよう求めました。', 'お待ちください。Mailgun が自動的に再送します。初回は 10 分ほどです。'],
  delayed: ['受信側のサーバーがまだ受け取っていません。Mailgun が自動的に再送します。', '待つか、本人が新しいコードを依頼します。理由は併記された Mailgun の説明にあります。'],
  too_old: ['時間内に受信側のサーバーが受け取らず、Mailgun が送信を断念しました。', 'それまでの遅延を確認してください。本人が新しいコードを依頼します。'],
  bounced: ['受信側のサーバーがメールを拒否しました。', '理由は併記された Mailgun の説明にあります。解決したら配信停止を解除してください。'],
  rejected: ['Mailgun はメールを受け付けたあとで拒否しました。', `理由は併記された Mailgun の説明にあります。${panel}でアカウントとドメインのログを確認してください。`],
  test_mode: ['Mailgun がテストモードでメールを受け取り、配信しませんでした。', '設定の options.testMode を false にしてください。'],
  complained: ['受信者がメールを迷惑メールとして報告しました。', 'Mailgun は配信を停止しました。本人から依頼があれば解除してください。'],
  delivered: ['受信側のサーバーがメールを受け取りました。', '本人に見えない場合は、迷惑メールや別のフォルダーにあるか、メール事業者が保留しています。'],

  sending: ['送信を試みています。', '数秒後にもう一度確認してください。'],
  waiting: ['障害中の Mailgun、または同じ宛先への前のメールを待っています。', '送信できるようになりしだい、自動的に送信されます。'],
  not_reported: ['Mailgun は受け付けましたが、結果の報告はまだありません。', '1 分後に確認してください。いつも報告がないなら、配信の報告を設定してください。特定の Mailgun テンプレートだけなら、テンプレートがない可能性があります。その場合 Mailgun は受け付けても送信しません。'],
  expired: ['Mailgun が受け付ける前にコードの期限が切れたため、送信されませんでした。', '試行の記録に原因があります。本人が新しいコードを依頼します。'],
  cancelled: ['送信の前にここで取り消されました。', '本人が新しいコードを依頼します。'],

  suppressions_failed: ['Mailgun の配信停止リストの確認または変更に失敗しました。', '1 分後に再試行してください。Mailgun の説明を併記しています。'],
  suppressions_silent: ['Mailgun の配信停止リストについて応答がありませんでした。', '1 分後に再試行してください。続くなら https://status.mailgun.com と途中のネットワークを確認してください。'],
  key_sends_only: ['この API キーでは、ドメインの配信停止リストを確認も変更もできません。', `送信専用のドメインキーと思われます。アカウントのキーか、配信停止リストを扱えるキーを設定するか、${panel}の Sending → Suppressions で確認してください。`],
};

// The causes by themselves of those that also say what became of the mail, which a check has none of.
const causesJa = {
  request_invalid: 'リクエストが正しくありません',
  call_invalid: '呼び出しに code も link もないか、内容が正しくありません',
  key_reused: 'Idempotency-Key が別のリクエストに使われています',
  key_busy: '同じ Idempotency-Key の最初のリクエストを処理中でした',
  key_unknown: 'Idempotency-Key を確認できませんでした',
  recipient_limit: '短い間にこの宛先へのメールが多すぎます',
  busy: '同時に送信中のメールが多すぎます',
  not_stored: 'メールを保存できませんでした',
  mailgun_down: 'Mailgun に障害があり、次の試行の前にコードが期限切れになります',
  internal: 'サービスで問題が起きました',
  credentials: 'Mailgun が認証を拒否しました',
  forbidden: 'この API キーでの送信を Mailgun が許可していません',
  ip_not_allowed: 'このサービスの IP アドレスを Mailgun が拒否しました',
  domain_not_found: 'Mailgun に登録されていないドメインです',
  domain_unverified: '送信ドメインが Mailgun で確認されていません',
  domain_disabled: 'Mailgun が送信ドメインを無効にしました',
  sandbox_domain: 'Mailgun のサンドボックスドメインで、承認済みの宛先にしか送信できません',
  free_account: '無料の Mailgun アカウントで、承認済みの宛先にしか送信できません',
  account_disabled: 'Mailgun がアカウントを無効にしました',
  account_unverified: 'Mailgun のアカウントが有効化または確認されていません',
  account_limit: '設定された送信上限に達し、Mailgun のアカウントが無効になりました',
  account_refused: 'このアカウントまたはドメインからの送信を Mailgun が許可していません',
  payment_required: '送信には Mailgun への支払いが必要です',
  slow_down: 'Mailgun が送信を控えるよう求めています',
  probation: 'アカウントが試用期間中で、Mailgun が送信を控えるよう求めています',
  limit_hour: 'Mailgun の 1 時間の上限に達しました',
  limit_day: 'Mailgun の 1 日の上限に達しました',
  limit_month: 'Mailgun の 1 か月の上限に達しました',
  recipient_invalid: 'Mailgun が宛先のアドレスを受け付けません',
  recipient_suppressed: '宛先が Mailgun の配信停止リストにあります',
  sender_invalid: 'Mailgun が差出人のアドレスを受け付けません',
  template_missing: 'このテンプレート、またはこの版が Mailgun にありません',
  mail_too_large: 'メールが Mailgun の上限より大きくなっています',
  unreachable: 'Mailgun に接続できません',
  no_answer: '時間内に Mailgun の応答がありませんでした',
  connection_lost: '応答の前に Mailgun との接続が切れました',
  mailgun_failing: 'Mailgun に障害があります',
  no_message_id: '応答にメッセージ ID がありません',
  redirect: 'Mailgun の応答がリダイレクトです',
  lost: 'この試行の途中でプロセスが停止しました',
  expired: 'Mailgun が受け付ける前にコードの期限が切れました',
};

/** What a message, attempt or event is told with: {detail, hint}. */
export function reasonInWords({ reason, detail, hint }) {
  const words = language === 'ja' && (ja[reason] ?? callReasonsJa[reason]);
  return words ? { detail: words[0], hint: hint && words[1] } : { detail, hint };
}

/** What a check of the config says of a reason, undefined where that is not known here. */
export const causeInWords = (reason) => causesJa[reason] ?? ja[reason]?.[0].replace(/。$/, '');
