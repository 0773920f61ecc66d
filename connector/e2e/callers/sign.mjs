// Signs a body as an identity server does, with the library that it uses.
//
// stdin:  {library: "standardwebhooks" | "svix" | "jose", secret?, body? | claims?}
// stdout: {headers, body, jwks?}

import { text } from 'node:stream/consumers';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';

const { library, secret, body, claims } = JSON.parse(await text(process.stdin));
const id = 'msg_e2e';
const now = new Date();
const seconds = String(Math.floor(now.getTime() / 1000));

const sign = {
  standardwebhooks: () => ({
    headers: {
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': new Standard(secret).sign(id, now, body),
    },
    body,
  }),
  svix: () => ({
    headers: { 'svix-id': id, 'svix-timestamp': seconds, 'svix-signature': new Svix(secret).sign(id, now, body) },
    body,
  }),
  jose: async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'e2e', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    const jwk = { ...(await exportJWK(publicKey)), kid: 'e2e', alg: 'RS256', use: 'sig' };
    return { headers: {}, body: JSON.stringify({ token, event: claims.evt }), jwks: { keys: [jwk] } };
  },
};
process.stdout.write(JSON.stringify(await sign[library]()));
