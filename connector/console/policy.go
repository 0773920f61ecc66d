package console

import "net/http"

// pagePolicy lets the page load its own files and talk to its own origin, and
// nothing else. No style may stand in the page either: the editor's styles are
// adopted style sheets, which are script's doing.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// framePolicy is for the frame that a mail is shown in. A frame whose document
// came with srcdoc or a blob would be under the page's policy, which forbids the
// mail's styles; so it is an empty document with a policy of its own, and the
// page puts the mail's elements into it. For that it has the page's origin, but
// no script runs in it and nothing is loaded.
const framePolicy = "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

// imagesPolicy is for the same frame once somebody has asked for the mail's images: those
// with https are loaded then, and else nothing. Their server learns no more than that:
// no referrer goes with the request, see [asset.serve].
const imagesPolicy = "sandbox allow-same-origin; default-src 'none'; " +
	"style-src 'unsafe-inline'; img-src data: https:; " +
	"frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

// under serves a document that is asked for anew each time, under a policy.
func (a *asset) under(policy string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Dns-Prefetch-Control", "off") // links of a mail tell nobody that it is looked at
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		a.serve(w, r)
	}
}
