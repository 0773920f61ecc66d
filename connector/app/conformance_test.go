package app_test

import (
	"encoding/json"
	"html"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

// recording is one case of testdata/conformance.json: what the published Logto
// connector sent to Mailgun, or threw. The file is a copy of recordings and is
// never edited to make this test pass.
type recording struct {
	Name    string          `json:"name"`
	Config  json.RawMessage `json:"config"`
	Message json.RawMessage `json:"message"`
	Answer  *struct {
		Status int    `json:"status"`
		Type   string `json:"type"`
		Body   string `json:"body"`
	} `json:"answer"`
	Expect struct {
		Request *struct {
			Path          string              `json:"path"`
			Authorization string              `json:"authorization"`
			Form          map[string][]string `json:"form"`
		} `json:"request"`
		Error *recordedError `json:"error"`
	} `json:"expect"`
}

// recordedError is as much of an error as must agree.
type recordedError struct {
	Code string `json:"code"`
	Data struct {
		StatusCode int `json:"statusCode"`
	} `json:"data"`
}

// minRecordings keeps a lost or emptied file from passing.
const minRecordings = 28

// TestConformance replays every recording against the running service. SPEC.md
// differs from the recordings on purpose in two points: one strict recipient, which one
// recording touches (see refusedRecipient), and escaping in HTML, where what a reader of
// the HTML sees must agree.
func TestConformance(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/conformance.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < minRecordings {
		t.Fatalf("%d recordings, want at least %d", len(all), minRecordings)
	}
	for _, r := range all {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			replay(t, r)
		})
	}
}

// refusedRecipient is the recording of an address that Mailgun does not accept. The
// published connector calls it general, as it checks no address itself; to us it is
// the same fault of the request that we refuse ourselves where we can tell.
const refusedRecipient = "Mailgun answers 400"

func replay(t *testing.T, r recording) {
	s := apptest.Start(t, apptest.Config{
		Connector: string(r.Config),
		Sandbox:   func(c *sandbox.Config) { c.APIKey, c.Domains = "key-0123", []string{"example.com"} },
	})
	if r.Answer != nil {
		s.Sandbox.SetFaults(sandbox.Fault{Status: r.Answer.Status, Body: r.Answer.Body, ContentType: r.Answer.Type})
	}
	answer := s.Post(t, "/send-code", string(r.Message))
	sent := s.Sandbox.Messages()

	if want := r.Expect.Error; want != nil {
		var got recordedError
		answer.Decode(t, &got)
		if r.Name == refusedRecipient {
			want.Code = string(connector.InvalidRequest)
		}
		if got != *want || answer.Status < 400 || len(sent) != 0 {
			t.Errorf("POST /send-code = %d %+v with %d mails, want an error %+v and none", answer.Status, got, len(sent), *want)
		}
		return
	}
	if answer.Status != 200 || len(sent) != 1 {
		t.Fatalf("POST /send-code = %d %s with %d mails, want 200 and one", answer.Status, answer.Body, len(sent))
	}
	want, got := r.Expect.Request, sent[0]
	if got.Path != want.Path {
		t.Errorf("path = %q, want %q", got.Path, want.Path)
	}
	if got.Authorization != want.Authorization {
		t.Errorf("authorization = %q, want %q", got.Authorization, want.Authorization)
	}
	if diff := cmp.Diff(agreeing(t, want.Form, want.Form), agreeing(t, got.Form, want.Form)); diff != "" {
		t.Errorf("form (-recorded +ours):\n%s", diff)
	}
}

// agreeing returns the fields of a form that must agree with the recorded one,
// as conformance/README.md says.
func agreeing(t *testing.T, form, recorded map[string][]string) map[string]any {
	t.Helper()
	fields := map[string]any{}
	for name, values := range form {
		switch {
		case reflect.DeepEqual(values, []string{""}): // empty is absent
		case strings.HasPrefix(name, "o:"):
		case ourHeaders[name]:
		case name == "text" && recorded["text"] == nil: // derived from the HTML
		case name == "h:X-Mailgun-Variables":
			var object any
			if err := json.Unmarshal([]byte(values[0]), &object); err != nil {
				t.Fatalf("%s = %q: %v", name, values, err)
			}
			fields[name] = object
		case name == "html":
			fields[name] = html.UnescapeString(strings.Join(values, "\n"))
		default:
			fields[name] = values
		}
	}
	return fields
}

// ourHeaders are ours to add.
var ourHeaders = map[string]bool{
	"h:Auto-Submitted": true, "h:X-Auto-Response-Suppress": true, "h:X-Mailgun-Deliver-Within": true,
}
