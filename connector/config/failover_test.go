package config_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/config"
)

// withFailover is a config in YAML with these members of its failover.
func withFailover(members string) string {
	return "apiKey: key-main-0123\n" + rest + "failover: {" + members + "}\n"
}

func parseFailover(text string) (*config.Config, error) {
	return config.Parse([]byte(text), config.ParseOptions{FailoverKey: "key-outside-0123", FailoverKeyName: "MAILGUN_FAILOVER_API_KEY"})
}

// What is left out is as for the main way.
func TestFailoverDefaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		members string
		want    config.Failover
	}{
		{"", config.Failover{"https://api.mailgun.net", "mg.example.com", "key-outside-0123", "a@mg.example.com", 1500 * time.Millisecond}},
		{"endpoint: '', domain: '', apiKey: '', from: '', after: ''",
			config.Failover{"https://api.mailgun.net", "mg.example.com", "key-outside-0123", "a@mg.example.com", 1500 * time.Millisecond}},
		{"endpoint: 'https://api.eu.mailgun.net/v3/', domain: mg2.example.com, apiKey: key-other, after: 2s",
			config.Failover{"https://api.eu.mailgun.net", "mg2.example.com", "key-other", "a@mg2.example.com", 2 * time.Second}},
		{"domain: mg2.example.com, apiKey: <secret>, from: 'Acme <b@mg2.example.com>', after: 0",
			config.Failover{"https://api.mailgun.net", "mg2.example.com", "key-outside-0123", "Acme <b@mg2.example.com>", 0}},
		{"after: '0'", config.Failover{"https://api.mailgun.net", "mg.example.com", "key-outside-0123", "a@mg.example.com", 0}},
		{"after: 100ms", config.Failover{"https://api.mailgun.net", "mg.example.com", "key-outside-0123", "a@mg.example.com", 100 * time.Millisecond}},
	} {
		cfg, err := parseFailover(withFailover(tt.members))
		if err != nil {
			t.Errorf("Parse(failover: {%s}) = %v, want nil", tt.members, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, cfg.Failover); diff != "" || cfg.Failover.APIKey.Reveal() != tt.want.APIKey.Reveal() {
			t.Errorf("Failover of {%s} (-want +got):\n%s", tt.members, diff)
		}
		if other := cfg.OtherWay(); other.APIKey != cfg.Failover.APIKey || other.Domain != cfg.Failover.Domain || cfg.APIKey != "key-main-0123" {
			t.Errorf("OtherWay() of {%s} = %+v, want the failover's and the main way as it was", tt.members, other)
		}
	}
	if cfg, err := parseFailover("apiKey: key-main-0123\n" + rest); err != nil || cfg.Failover != nil {
		t.Errorf("Parse() without a failover = %+v, %v, want none", cfg, err)
	}
}

func TestFailoverProblems(t *testing.T) {
	t.Parallel()
	const duration = `/failover/after: is not a duration: write it like "1500ms", or 0`
	for _, tt := range []struct{ members, want string }{
		{"endpoint: https://api.mailgun.org", `/failover/endpoint: has the host "api.mailgun.org"`},
		{"domain: https://mg2.example.com", "/failover/domain: must not begin with a scheme"},
		{"from: nobody", "/failover/from: is not a sender"},
		{`from: "a@b.example\nBcc: x@y.example"`, "/failover/from: holds a line break"},
		{"apiKey: '\"key\"'", "/failover/apiKey: begins or ends with a quote"},
		{"apiKey: key-main-0123", "/failover: is the main way once more"},
		{"apiKey: key-main-0123, domain: MG.example.com, endpoint: 'https://api.mailgun.net/'", "/failover: is the main way once more"},
		{"after: soon", duration},
		{"after: 1500", duration},
		{"after: 1.5", duration},
		{"after: true", duration},
		{"after: -1s", "/failover/after: must be from 100ms to 3s, or 0"},
		{"after: 99ms", "/failover/after: must be from 100ms to 3s, or 0"},
		{"after: 3001ms", "/failover/after: must be from 100ms to 3s, or 0"},
		{"afer: 2s", `/failover/afer: is unknown here: did you mean "after"?`},
	} {
		_, err := parseFailover(withFailover(tt.members))
		if got := problems(t, err); len(got) != 1 || !strings.Contains(got[0], tt.want) {
			t.Errorf("Parse(failover: {%s}) = %q, want one problem that says %q", tt.members, got, tt.want)
		}
	}
	_, err := config.Parse([]byte(withFailover("domain: mg2.example.com")), config.ParseOptions{})
	const missing = "/failover/apiKey: is missing: add it, or set MAILGUN_FAILOVER_API_KEY or MAILGUN_FAILOVER_API_KEY_FILE"
	if got := problems(t, err); len(got) != 1 || !strings.Contains(got[0], missing) {
		t.Errorf("Parse() without a key = %q, want %q", got, missing)
	}
	cfg, err := config.Parse([]byte(rest+"failover: {from: a@elsewhere.example}\n"), config.ParseOptions{KeyOptional: true})
	if err != nil || len(cfg.Warnings) != 2 || !strings.HasPrefix(cfg.Warnings[1].String(), "line 4: /failover/from: is of elsewhere.example") {
		t.Errorf("Parse() of a sender elsewhere = %+v, %v, want a warning", cfg.Warnings, err)
	}
}

func TestOtherSender(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ main, own, sender, want string }{
		{"Acme <a@mg.example.com>", "", "Acme <a@mg.example.com>", "Acme <a@mg2.example.com>"},
		{"a@mg.example.com", "", "a@mg.example.com", "a@mg2.example.com"},
		{`"Acme, Inc." <a@mg.example.com>`, "", `"Acme, Inc." <a@mg.example.com>`, `"Acme, Inc." <a@mg2.example.com>`},
		{`"a b"@mg.example.com`, "", `"a b"@mg.example.com`, `"a b"@mg2.example.com`},
		{"Acme <a@mg.example.com>", "Other <b@mg2.example.com>", "Acme <a@mg.example.com>", "Other <b@mg2.example.com>"},
		// A template's sendFrom, or the from of an earlier config.
		{"Acme <a@mg.example.com>", "Other <b@mg2.example.com>", "Shop <c@mg.example.com>", "Shop <b@mg2.example.com>"},
		{"Acme <a@mg.example.com>", "Other <b@mg2.example.com>", "c@mg.example.com", "b@mg2.example.com"},
	} {
		text, err := json.Marshal(map[string]any{
			"domain": "mg.example.com", "from": tt.main, "apiKey": "key-main-0123", "brand": map[string]any{"name": "Acme"},
			"failover": map[string]any{"domain": "mg2.example.com", "from": tt.own},
		})
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := parseFailover(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.OtherSender()(tt.sender); got != tt.want {
			t.Errorf("OtherSender(%q) of %q and %q = %q, want %q", tt.sender, tt.main, tt.own, got, tt.want)
		}
	}
}

// Neither key is shown, and both go back to their places.
func TestKeysOfTwoWays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{withFailover("apiKey: key-other-4567, domain: mg2.example.com"),
			strings.Replace(withFailover("apiKey: <secret>, domain: mg2.example.com"), "key-main-0123", "<secret>", 1)},
		{"# key-other-4567\n" + rest + "failover:\n  apiKey: 'key-other-4567' # key-outside\n",
			"# <secret>\n" + rest + "failover:\n  apiKey: '<secret>' # key-outside\n"},
		{`{"failover":{"apiKey":"key-other-4567"},"apiKey":"key-main-0123",` + restJSON, `{"failover":{"apiKey":"<secret>"},"apiKey":"<secret>",` + restJSON},
		{"# key-outside-0123\n" + withFailover(""), "# <secret>\n" + strings.Replace(withFailover(""), "key-main-0123", "<secret>", 1)},
	} {
		cfg, err := config.Parse([]byte(tt.text), config.ParseOptions{APIKey: "key-of-main", FailoverKey: "key-outside-0123"})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := cfg.Text()
		if diff := cmp.Diff(tt.want, string(shown.Data)); diff != "" || err != nil {
			t.Errorf("Text() = %v (-want +got):\n%s", err, diff)
		}
		if text, err := cfg.JSON(); err != nil || strings.Contains(string(text), "key-other") || strings.Contains(string(text), "key-main") {
			t.Errorf("JSON() = %s, %v, want no key", text, err)
		}
		if strings.HasPrefix(tt.text, "#") {
			continue // comments stay masked
		}
		back, err := config.Unmask(shown, config.Document{Data: []byte(tt.text), Format: cfg.Format})
		if err != nil || string(back.Data) != tt.text {
			t.Errorf("Unmask() = %q, %v, want %q", back.Data, err, tt.text)
		}
	}
	cfg, err := parseFailover(strings.Replace(withFailover("apiKey: key-other-4567"), "subject: s", "subject: key-other-4567", 1))
	if err != nil {
		t.Fatal(err)
	}
	if shown, err := cfg.Text(); err == nil || !strings.Contains(err.Error(), "its failover") || strings.Contains(err.Error(), "4567") {
		t.Errorf("Text() of a key that is elsewhere too = %q, %v, want an error", shown.Data, err)
	}
}
