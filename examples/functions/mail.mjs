// What every function below shares: one request to the service. Set MAIL_URL to its
// address, such as http://127.0.0.1:8080, and MAIL_TOKEN to a token with the scope send.

/**
 * Sends one mail, or throws. The same key means the same mail: a repetition sends nothing.
 * @param {{to: string, type: string, payload: object, expiresAt?: string, ip?: string}} mail
 * @param {string} [key] at most 255 visible ASCII characters
 */
export async function sendMail(mail, key) {
  const response = await fetch(new URL('/send-code', process.env.MAIL_URL), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      Authorization: `Bearer ${process.env.MAIL_TOKEN}`,
      ...(key && { 'Idempotency-Key': key }),
    },
    body: JSON.stringify(mail),
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) {
    const { detail, requestId, retryable } = await response.json().catch(() => ({}));
    throw Object.assign(new Error(`mail not sent: ${response.status} ${detail ?? ''} ${requestId ?? ''}`), { retryable });
  }
}
