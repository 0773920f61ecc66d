package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// maxBody is Mailgun's limit of 52.4 MiB for a request body (reference manual).
const maxBody = 524 << 20 / 10

// form holds the fields of a request by name, in order of arrival.
type form map[string][]string

// readForm reads either encoding that Mailgun takes; a body of another type is an
// empty form. A file counts as a field whose value is its name. The body is read
// to its end in any case: only then does the server notice that a client leaves.
func readForm(w http.ResponseWriter, r *http.Request) (form, *response) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	multipart := kind == "multipart/form-data"
	parse := r.ParseForm
	if multipart {
		parse = func() error { return r.ParseMultipartForm(maxBody) }
	}
	err := parse()
	if _, rest := io.Copy(io.Discard, r.Body); err == nil {
		err = rest
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	switch {
	case err != nil && multipart:
		return nil, bad("malformed multipart/form-data request")
	case err != nil:
		return nil, bad("unable to parse request: %v", err)
	}
	f := form(r.PostForm)
	if multipart {
		for field, files := range r.MultipartForm.File {
			for _, file := range files {
				f[field] = append(f[field], file.Filename)
			}
		}
	}
	return f, nil
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

// header returns the value of the field h:name in any case, or "".
func (f form) header(name string) string {
	for field := range f {
		if h, ok := strings.CutPrefix(field, "h:"); ok && strings.EqualFold(h, name) {
			return f.first(field)
		}
	}
	return ""
}

// userVariables are the v: fields, overlaid with h:X-Mailgun-Variables. Mailgun
// fills templates with them, and shows them in the mail and in events. A header
// that is no JSON object counts as absent.
func (f form) userVariables() map[string]any {
	all := map[string]any{}
	for field := range f {
		if name, ok := strings.CutPrefix(field, "v:"); ok {
			all[name] = f.first(field)
		}
	}
	var header map[string]any
	_ = json.Unmarshal([]byte(f.header("X-Mailgun-Variables")), &header)
	maps.Copy(all, header)
	return all
}

// templateVariables are the userVariables, overlaid with t:variables, which
// neither the mail nor events show.
func (f form) templateVariables() map[string]any {
	all := f.userVariables()
	var own map[string]any
	_ = json.Unmarshal([]byte(f.first("t:variables")), &own)
	maps.Copy(all, own)
	return all
}
