// What to paste where at each type of identity server, in the page's language. The service's
// own words are English.

import { language } from './language.js';

const ja = {
  supabase: 'ダッシュボードの Authentication → Hooks → Send Email → HTTPS に URL を貼り付け、シークレットを生成して、そのまま（v1,whsec_…）こちらの secrets に設定します。セルフホストでは GOTRUE_HOOK_SEND_EMAIL_ENABLED、…_URI、…_SECRETS です。',
  clerk: 'ダッシュボードの Webhooks → Add Endpoint に URL を貼り付け、イベントは email.created だけを選び、署名シークレットをこちらの secrets に設定します。その後、各テンプレートの「Delivered by Clerk」をオフにします。',
  kratos: '設定で courier.delivery_strategy: http とし、courier.http.request_config に URL、method POST、こちらの tokens にあるトークンを使う auth、body に function(ctx) ctx を指定します。',
  zitadel: 'コンソールで種類が HTTP のメールプロバイダーを作成し、URL を貼り付けます。署名鍵は一度だけ表示されるので、こちらの signingKeys に設定します。',
  hanko: '設定の webhooks.hooks で、イベント email.send の callback に URL を指定し、email_delivery.enabled を false にします。',
  casdoor: 'カテゴリー Email、種類 Custom HTTP Email のプロバイダーを作成し、メソッド POST、URL、ヘッダー Authorization: Bearer … と X-Usage-Type を指定します。コンテンツタイプはフォームのままにします。用途ごとに一つ作成します。',
};

/** The set-up of a type, of which the service says what is given. */
export const setupInWords = (type, setup) => (language === 'ja' && ja[type]) || setup;
