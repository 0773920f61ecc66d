// Sends one message through Logto's http-email connector, as Logto does, and
// prints what Logto would get.
//
// stdin:  {config: {endpoint, authorization?}, message: {to, type, payload, ip?}}
// stdout: {ok: true, status} or {ok: false, code, data}, the latter as in the
//         ConnectorError that Logto makes its own answer of

import { text } from 'node:stream/consumers';
import createConnector from '@logto/connector-http-email';

const { config, message } = JSON.parse(await text(process.stdin));
const connector = await createConnector({ getConfig: async () => config });

const result = await connector.sendMessage(message).then(
  ({ statusCode }) => ({ ok: true, status: statusCode }),
  ({ code, data }) => ({ ok: false, code, data })
);
process.stdout.write(JSON.stringify(result));
