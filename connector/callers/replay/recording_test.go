package replay_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// recording is a file of ../testdata: what an identity server sent, and what a right service
// makes of it. The files are copies and are never edited to make a test pass.
type recording struct {
	Caller     string            `json:"caller"`
	Settings   map[string]any    `json:"settings"`
	UsageTypes map[string]string `json:"usage_types"`
	Keys       json.RawMessage   `json:"keys"`
	Answers    []recordedAnswer  `json:"recorded_answers"`
	Cases      []*recordedCase   `json:"cases"`
}

// recordedAnswer is an answer that was tried, with what the caller then did.
type recordedAnswer struct {
	Answer     json.RawMessage `json:"answer"`
	Verdict    string          `json:"verdict"`
	Calls      int             `json:"calls"`
	UserStatus int             `json:"user_status"`
}

type recordedCase struct {
	Name      string           `json:"name"`
	Kind      string           `json:"kind"`
	Overrides map[string]any   `json:"settings"`
	Now       time.Time        `json:"now"`
	Request   *recordedRequest `json:"request"`
	KeySets   string           `json:"jwks"`
	Steps     []recordedStep   `json:"steps"`
	AtOnce    bool             `json:"at_the_same_time"`
	RequestOf string           `json:"request_of"`
	Provider  string           `json:"provider"`
	Expect    expectation      `json:"expect"`
}

type recordedRequest struct {
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

type recordedStep struct {
	Request  *recordedRequest `json:"request"`
	Now      time.Time        `json:"now"`
	Provider oneOrMore        `json:"provider"`
	Expect   expectation      `json:"expect"`
}

type expectation struct {
	Result        string          `json:"result"`
	Route         string          `json:"route"`
	Mails         []expectedMail  `json:"mails"`
	Use           string          `json:"use"`
	Verdict       oneOrMore       `json:"verdict"`
	Status        oneOrMore       `json:"status"`
	UserStatus    int             `json:"user_status"`
	Calls         int             `json:"calls"`
	WithinSeconds float64         `json:"within_seconds"`
	MailsTotal    *int            `json:"mails_total"`
	ProviderCalls *int            `json:"provider_calls_total"`
	BodyJSON      json.RawMessage `json:"body_json"`
	MustNotHold   []string        `json:"answer_must_not_contain"`
	ShouldSay     string          `json:"answer_should_say"`
}

type expectedMail struct {
	To           string          `json:"to"`
	Usage        string          `json:"usage"`
	SourceType   string          `json:"source_type"`
	Code         string          `json:"code"`
	Link         json.RawMessage `json:"link"`
	Locale       string          `json:"locale"`
	ExpiresAt    time.Time       `json:"expires_at"`
	Payload      map[string]any  `json:"payload"`
	Notice       bool            `json:"notice"`
	MustNotCarry []string        `json:"must_not_carry"`
	Content      *callersContent `json:"caller_content"`
}

type callersContent struct {
	Subject         string   `json:"subject"`
	Text            *string  `json:"text"`
	TextUnescaped   *string  `json:"text_unescaped"`
	HTML            *string  `json:"html"`
	HTMLHash        string   `json:"html_sha256"`
	Content         string   `json:"content"`
	HTMLMustContain []string `json:"html_must_contain"`
	Href            string   `json:"href"`
	MustNotContain  []string `json:"must_not_contain"`
}

// hasLink reports whether a link is expected.
func (m *expectedMail) hasLink() bool { return len(m.Link) > 0 && string(m.Link) != "null" }

// oneOrMore is a value, or a list of values of which any will do.
type oneOrMore []any

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var list []any
	if err := json.Unmarshal(text, &list); err == nil {
		*o = list
		return nil
	}
	var one any
	err := json.Unmarshal(text, &one)
	*o = oneOrMore{one}
	return err
}

func readRecording(t *testing.T, caller string) *recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", caller+".json"))
	if err != nil {
		t.Fatal(err)
	}
	r := &recording{}
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// find returns the case of a name.
func (r *recording) find(t *testing.T, name string) *recordedCase {
	t.Helper()
	for _, c := range r.Cases {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("the recording of %s has no case %s", r.Caller, name)
	return nil
}
