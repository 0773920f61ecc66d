// Package sandbox stands in for Mailgun's messages API, so that the connector
// can be tried and tested without a Mailgun account.
//
// A [Sandbox] is an [http.Handler]. It takes what the real client sends to
// POST /v3/{domain}/messages, checks it the way Mailgun does, answers in
// Mailgun's words, keeps the message, and shows it under GET /inbox. Nothing
// is ever delivered. [Fault] makes it misbehave the way Mailgun and networks do.
//
// With a [Webhook] it posts signed events to the service, as Mailgun does: by
// itself what becomes of each message, and with [Sandbox.Report] anything else,
// such as a complaint.
//
// # What is true to Mailgun
//
// Status codes, content types and error texts follow Mailgun's OpenAPI
// document and its older reference manual; where recorded traffic disagrees
// with them, the recording wins (an unknown domain is 401, not 404). Also true
// to it: a missing template and a suppressed recipient are accepted with 200
// and fail later, and a wrong URL shape is 200 with the text "Mailgun
// Magnificent API".
//
// Of webhooks: the JSON of the events, one per recipient, all with the one
// message id, without its angle brackets; the signature, which does not cover
// the event; user-variables, which hold v: fields as strings and are [] when
// there are none; codes and reasons of failures. An answer of 200 ends
// the tries, and so does 406; anything else, or none, means another try, up to
// seven in all, with the same body and signature; only they follow faster than
// Mailgun's. No order is kept, and "accepted" may come before the answer to the
// message.
//
// # What is not known, and decided here
//
//   - The order of checks: key, domain, body. Inside the body: from, to,
//     addresses, content, headers, recipient-variables, size of options,
//     authorized recipients.
//   - An empty field counts as absent, in particular an empty text.
//   - Addresses are checked with [net/mail].
//   - GET on a messages route is 405.
//   - The bodies of 502, 503 and 504.
//   - Nothing follows "accepted" when a template is missing.
//   - 10 seconds to answer a post, 8 posts at once, no redirects, no proxy.
//
// Not checked at all, as no refusal by Mailgun is known or the connector does
// not use them: tags (number and length), o:deliver-within, o:deliverytime,
// unknown fields, the 25 MB message limit. Not played either: a caller's own
// Message-Id, gzip bodies, messages.mime (404), and every other Mailgun route,
// which answers like an unknown one. Of webhooks: several URLs, one per kind of
// event, parent-signature, user-variables cut at 4 KB, delayed bounces, and what
// events tell of mail servers, envelopes, storage and the reader's browser.
//
// # Serving
//
// Serve a Sandbox on loopback only and mount it at the root: a path-cleaning
// mux in front of it hides the URL mistakes that it reproduces. Its own routes
// refuse a Host that is not loopback, so that no web page can read the inbox
// through a rebound DNS name, and changes that a page of another site asks for.
package sandbox
