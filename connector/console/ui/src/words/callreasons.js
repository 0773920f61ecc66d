// Why a call of an identity server was not taken, or asked for no mail, in Japanese: by the
// reason, what happened, and what to do.

const ifOwn = '本来の呼び出し元からの場合は、';
const between = `${ifOwn}呼び出しを書き換えるプロキシや、この URL を使う別の Webhook がないか確認してください。`;
const compareToken = `${ifOwn}先方のトークンをこちらの設定と比べてください。`;
const setClocks = `${ifOwn}双方の時計を合わせるか、呼び出し元の toleranceSeconds を設定してください。`;

export const callReasonsJa = {
  body_unreadable: ['本文を読み取れないか、大きすぎます。', between],
  wrong_method: ['この呼び出し元が使わないメソッドです。', `${ifOwn}先方のメソッドを POST にしてください。`],

  missing_header: ['署名がありません。', between],
  bad_timestamp: ['署名の時刻が正しくありません。', between],
  stale: ['署名が古すぎます。再送されたものか、時計がずれています。', setClocks],
  future: ['署名の時刻が未来です。時計がずれています。', setClocks],
  bad_signature: ['署名が、別のシークレットまたは別の呼び出しのものです。', `${ifOwn}シークレットをもう一度コピーしてください。`],
  no_token: ['トークンがありません。', compareToken],
  wrong_token: ['トークンが違います。', compareToken],
  bad_token: ['トークンが RS256 で署名されていません。', between],
  unknown_key: ['トークンの署名の鍵が、呼び出し元の jwks にありません。', `${ifOwn}jwks がそのサーバーの鍵のアドレスか確認してください。`],
  no_keys: ['呼び出し元の jwks から鍵を取得できませんでした。', 'このサービスからそのアドレスを開けるか確認してください。'],
  no_end: ['トークンに期限がありません。', between],
  wrong_audience: ['トークンの audience が違います。', '呼び出し元の audience を先方のものと比べてください。'],
  wrong_subject: ['Webhook のトークンではありません。', between],
  wrong_event: ['トークンのイベントが呼び出しのものと違います。', between],

  other_event: ['メール以外の通知です。', '先方で他のイベントを選択しないでください。'],
  delivered_by_caller: ['このメールは先方が自分で送信します。', '先方の送信機能をオフにしてください。'],
};
