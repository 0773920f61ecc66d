// Package sandbox plays Mailgun, so that the connector can be tried and tested
// without an account; it knows Mailgun's HTTP API and nothing of the connector,
// neither configs nor deliveries, and serves any other client as well.
//
// A [Sandbox] is an [http.Handler] for one account in one region. It takes what
// the real client sends to POST /v3/{domain}/messages, checks it the way Mailgun
// does, answers in Mailgun's words, keeps the message, and shows it under GET
// /inbox. Nothing is ever delivered. A [Fault] makes it misbehave the way Mailgun
// and networks do. With a [Webhook] it reports what becomes of each message.
//
// # What is true to Mailgun
//
// Status codes, content types and error texts follow Mailgun's OpenAPI document
// and its older reference manual; where recorded traffic disagrees with them, the
// recording wins (an unknown domain is 401, not 404). Also true to it: a missing
// template and a suppressed recipient are accepted with 200 and fail later, and a
// wrong URL is 200 with the text "Mailgun Magnificent API". Reports are signed and
// repeated as Mailgun's are, only sooner; no order is kept, and a report may come
// before the answer to its message.
//
// # What is decided here
//
// The order of checks, as no source tells it: key, domain, body, addresses,
// content, options. An empty field counts as absent. A report has the part of an
// event that the message and its outcome decide; where, when and in which browser
// it was read is left out.
//
// # Serving
//
// Serve a Sandbox at the root: a path-cleaning mux in front of it hides the URL
// mistakes that it reproduces. Mailgun's routes want the API key. The Sandbox's
// own want none, but a Host that is loopback and a page of their own origin, so
// that a browser on this machine may look at the inbox and no web page may.
// Whoever else reaches its port can read every code.
//
// # Size
//
// A third of it is Mailgun's own text and checks, taken from its documentation: a stand-in
// that answers less would let tests pass that Mailgun fails.
package sandbox
