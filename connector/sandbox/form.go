package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is Mailgun's limit of 52.4 MiB for a request body (reference manual).
const maxBody = 524 << 20 / 10

// form holds the fields of a request by name, in order of arrival.
type form map[string][]string

// readBody returns the whole body. It is read first of all, also for a request
// that will hang: only then does the server notice that the client has left.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *answer) {
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, unparsable(err)
	}
	return b.Bytes(), nil
}

func tooLarge() *answer {
	return refusal(http.StatusRequestEntityTooLarge, "request size exceeds 52.4MiB limit")
}

func unparsable(err error) *answer {
	return bad("unable to parse request: %v", err)
}

// parseForm reads either encoding that Mailgun takes. A body of another type
// is an empty form, as it is to net/http.
func parseForm(contentType string, body []byte) (form, *answer) {
	kind, params, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "multipart/form-data":
		f, err := parseMultipart(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
		if err != nil {
			return nil, bad("malformed multipart/form-data request")
		}
		return f, nil
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, unparsable(err)
		}
		return form(values), nil
	}
	return form{}, nil
}

// parseMultipart is not Reader.ReadForm, as that allows 1000 parts, fewer than
// a message with 1000 recipients has.
func parseMultipart(r *multipart.Reader) (form, error) {
	f := form{}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		value := part.FileName()
		if value == "" {
			content, err := io.ReadAll(part)
			if err != nil {
				return nil, err
			}
			value = string(content)
		}
		f[part.FormName()] = append(f[part.FormName()], value)
	}
}

// all yields the values of a field that are not blank; "to[]" counts as "to"
// (mailgun-ruby's message_deliver.yml).
func (f form) all(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, list := range [...][]string{f[name], f[name+"[]"]} {
			for _, value := range list {
				if strings.TrimSpace(value) != "" && !yield(value) {
					return
				}
			}
		}
	}
}

// first returns the first value of a field that is not blank, or "".
func (f form) first(name string) string {
	for value := range f.all(name) {
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
