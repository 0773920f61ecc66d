package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// maxBody is Mailgun's limit of 52.4 MiB for a request body (reference manual).
const maxBody = 524 << 20 / 10

// form holds the fields of a request by name, in order of arrival.
type form map[string][]string

// readForm reads either encoding that Mailgun takes, without files; a body of
// another type is an empty form. The body is read to its end in any case: only
// then does the server notice that a client leaves.
func readForm(w http.ResponseWriter, r *http.Request) (form, *response) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	multipart := kind == "multipart/form-data"
	var err error
	if multipart {
		err = r.ParseMultipartForm(maxBody) //nolint:gosec // the body is bounded
	} else {
		err = r.ParseForm()
	}
	if _, rest := io.Copy(io.Discard, r.Body); err == nil {
		err = rest
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return form(r.PostForm), nil
	case tooLarge:
		return nil, bodyTooLarge()
	case multipart:
		return nil, bad("malformed multipart/form-data request")
	}
	return nil, bad("unable to parse request: %v", err)
}

// values returns the values of a field that are not blank.
func (f form) values(name string) []string {
	return slices.DeleteFunc(slices.Clone(f[name]), func(value string) bool { return strings.TrimSpace(value) == "" })
}

// first returns the first value of a field that is not blank, or "".
func (f form) first(name string) string {
	for _, value := range f.values(name) {
		return value
	}
	return ""
}

// variables are the members of h:X-Mailgun-Variables, which may be written in any
// case. Mailgun fills templates with them, and shows them in the mail and in
// events. A header that is no JSON object counts as absent.
func (f form) variables() (all map[string]any) {
	for field := range f {
		if strings.EqualFold(field, "h:X-Mailgun-Variables") {
			_ = json.Unmarshal([]byte(f.first(field)), &all)
		}
	}
	return all
}
