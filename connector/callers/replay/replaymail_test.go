package replay_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

// config returns the config of a case: the caller, and a delivery for each usage type that
// shows what the expected mails have.
func (r *replay) config(t *testing.T) string {
	t.Helper()
	settings := map[string]any{"type": r.Caller, "content": "own"}
	maps.Copy(settings, r.Settings)
	maps.Copy(settings, r.Overrides)
	types := slices.Collect(maps.Values(r.UsageTypes))
	if named, ok := settings["deliveries"].([]any); ok {
		types = nil
		for _, name := range named {
			types = append(types, name.(string))
		}
	} else {
		types = append(types, "Generic", "SignIn", "Invitation", "Register")
	}
	for _, member := range []string{"deliveries", "note", "recommended_body", "token"} {
		delete(settings, member)
	}
	maps.DeleteFunc(settings, func(_ string, value any) bool { return value == nil })
	if r.jwks != nil {
		settings["jwks"] = r.jwks.url
	}
	all := map[string]any{"Warmup": map[string]any{"subject": "s", "html": "<p>{{code}}</p>", "text": "usage=Warmup {{code}}"}}
	for _, usage := range types {
		text := r.shown(usage)
		all[usage] = map[string]any{"subject": "mail of " + usage, "html": "<pre>" + text + "</pre>", "text": text}
	}
	callers := map[string]any{}
	if r.Caller != "functions" {
		callers[r.Caller] = settings
	}
	text, err := json.Marshal(map[string]any{
		"domain": apptest.Domain, "from": apptest.From, "deliveries": all, "callers": callers,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shown is the text of a delivery: a line for each value that an expected mail has.
func (r *replay) shown(usage string) string {
	names := []string{"locale", "expiresAt"}
	for _, m := range r.Expect.Mails {
		if m.Usage != usage {
			continue
		}
		if m.Code != "" {
			names = append(names, "code")
		}
		if m.hasLink() && !m.Notice {
			names = append(names, "link")
		}
		for name := range flatten(m.Payload) {
			names = append(names, name)
		}
	}
	if len(r.Expect.Mails) == 0 && usage != "" && len(names) == 2 && r.Kind != "ignore" {
		names = append(names, "code")
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("usage=" + usage + "\n")
	for _, name := range slices.Compact(names) {
		b.WriteString(name + "={{" + name + "}}\n")
	}
	return b.String()
}

// flatten returns the leaves of an object by their dotted names.
func flatten(object map[string]any) map[string]string {
	leaves := map[string]string{}
	for name, value := range object {
		switch v := value.(type) {
		case map[string]any:
			for below, leaf := range flatten(v) {
				leaves[name+"."+below] = leaf
			}
		case float64:
			leaves[name] = fmt.Sprint(int64(v))
		case nil:
			leaves[name] = ""
		default:
			leaves[name] = fmt.Sprint(v)
		}
	}
	return leaves
}

// checkMails holds what was sent to exactly what is expected, in any order.
func (r *replay) checkMails(t *testing.T, sent []sandbox.Message) {
	t.Helper()
	if len(sent) != len(r.Expect.Mails) {
		t.Errorf("%d mails were sent, want %d", len(sent), len(r.Expect.Mails))
	}
	for _, want := range r.Expect.Mails {
		i := slices.IndexFunc(sent, func(m sandbox.Message) bool { return m.To == want.To })
		if i < 0 {
			t.Errorf("nothing was sent to %s", want.To)
			continue
		}
		r.checkMail(t, &want, &sent[i])
	}
}

// checkSourceTypes holds what the mails of a call are called to the caller's own words. A
// request in our own form has none.
func (r *replay) checkSourceTypes(t *testing.T) {
	t.Helper()
	if r.Caller == "functions" || r.Expect.Route != "" {
		return
	}
	cfg, err := config.Parse([]byte(r.config(t)), config.ParseOptions{APIKey: apptest.APIKey})
	if err != nil {
		t.Fatal(err)
	}
	call := &connector.Call{Method: r.Request.Method, Header: map[string][]string{}, Body: []byte(r.Request.Body)}
	for name, value := range r.Request.Headers {
		http.Header(call.Header).Set(name, value)
	}
	order, err := callers.Preview(r.Caller, cfg.Callers[r.Caller], call, r.now)
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]string{}, map[string]string{}
	for _, mail := range order.Mails {
		got[mail.To], _, _ = strings.Cut(mail.SourceType, " (") // what follows is ours: it tells two mails of a word apart
	}
	for _, mail := range r.Expect.Mails {
		want[mail.To] = mail.SourceType
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types of the mails (-want +got):\n%s", diff)
	}
}

func (r *replay) checkMail(t *testing.T, want *expectedMail, got *sandbox.Message) {
	t.Helper()
	whole, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range want.MustNotCarry {
		if strings.Contains(string(whole), secret) {
			t.Errorf("the mail to %s carries %s, which is the other's", want.To, secret)
		}
	}
	if r.Expect.Use == "caller_content" {
		r.checkContent(t, want.Content, got)
		return
	}
	values := map[string]string{}
	for line := range strings.Lines(got.Text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		values[name] = value
	}
	if strings.TrimSuffix(values["usage"], "Link") != want.Usage {
		t.Errorf("the mail to %s is of type %q, want %s", want.To, values["usage"], want.Usage)
	}
	if values["code"] != want.Code {
		t.Errorf("the mail to %s has the code %q, want %q", want.To, values["code"], want.Code)
	}
	if want.Locale != "" && values["locale"] != want.Locale {
		t.Errorf("the mail to %s is in %q, want %q", want.To, values["locale"], want.Locale)
	}
	for name, value := range flatten(want.Payload) {
		if values[name] != value {
			t.Errorf("{{%s}} is %q, want %q", name, values[name], value)
		}
	}
	if want.hasLink() && !want.Notice {
		checkLink(t, want.Link, values["link"])
	} else if values["link"] != "" {
		t.Errorf("the mail has the link %q, want none", values["link"])
	}
	if !want.ExpiresAt.IsZero() {
		ends, err := time.Parse(time.RFC3339, values["expiresAt"])
		expected := time.Now().Add(want.ExpiresAt.Sub(r.Now)) // of the service, whose own clock is the machine's
		if r.Now.IsZero() {
			expected = time.Now().Add(want.ExpiresAt.Sub(r.Steps[0].Now))
		}
		if err != nil || ends.Sub(expected).Abs() > 20*time.Second {
			t.Errorf("the code ends %q, want about %v", values["expiresAt"], expected)
		}
	}
}

// checkLink compares links: the address before the query, and the parameters decoded.
func checkLink(t *testing.T, want json.RawMessage, got string) {
	t.Helper()
	var whole string
	if err := json.Unmarshal(want, &whole); err == nil {
		if got != whole {
			t.Errorf("the link is %q, want %q", got, whole)
		}
		return
	}
	var parts struct {
		Base  string            `json:"base"`
		Query map[string]string `json:"query"`
	}
	if err := json.Unmarshal(want, &parts); err != nil {
		t.Fatal(err)
	}
	base, text, _ := strings.Cut(got, "?")
	query, err := url.ParseQuery(text)
	if err != nil || base != parts.Base || len(query) != len(parts.Query) {
		t.Errorf("the link is %q, want %+v (%v)", got, parts, err)
		return
	}
	for name, value := range parts.Query {
		if query.Get(name) != value {
			t.Errorf("the link has %s=%q, want %q", name, query.Get(name), value)
		}
	}
}

// checkContent holds a mail to the one that the caller made.
func (r *replay) checkContent(t *testing.T, want *callersContent, got *sandbox.Message) {
	t.Helper()
	if got.Subject != want.Subject {
		t.Errorf("the subject is %q, want the caller's %q", got.Subject, want.Subject)
	}
	for _, text := range []*string{want.Text, want.TextUnescaped} {
		if text != nil && strings.TrimSpace(got.Text) != strings.TrimSpace(*text) {
			t.Errorf("the text is %q, want the caller's %q", got.Text, *text)
		}
	}
	if want.HTML != nil && !strings.Contains(got.HTML, *want.HTML) {
		t.Errorf("the HTML is %q, want the caller's %q in it", got.HTML, *want.HTML)
	}
	if want.Content != "" && got.HTML != want.Content && got.Text != want.Content {
		t.Errorf("the mail is %q, %q, want the caller's %q", got.HTML, got.Text, want.Content)
	}
	if sum := sha256.Sum256([]byte(got.HTML)); want.HTMLHash != "" && hex.EncodeToString(sum[:]) != want.HTMLHash {
		t.Errorf("the HTML is not the caller's: %q", got.HTML)
	}
	for _, words := range want.HTMLMustContain {
		if !strings.Contains(got.HTML, escaped(words)) {
			t.Errorf("the HTML lacks %q: %s", words, got.HTML)
		}
	}
	for _, words := range want.MustNotContain {
		if strings.Contains(got.HTML, words) {
			t.Errorf("the HTML has %q: %s", words, got.HTML)
		}
	}
	if want.Href != "" && !strings.Contains(got.HTML, `href="`+escaped(want.Href)+`"`) {
		t.Errorf("the HTML has no link to %q: %s", want.Href, got.HTML)
	}
}

var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
