package mailgun_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
	"mailgun-connector/deliveries"
)

const reportURL = "https://codes.example.com/webhooks/mailgun"

// newDoctor looks at a config whose Mailgun is at an endpoint.
func newDoctor(t *testing.T, endpoint string) *mailgun.Doctor {
	t.Helper()
	d := &mailgun.Doctor{
		Config: &config.Config{Endpoint: endpoint, Domain: domain, APIKey: apiKey, From: "no-reply@" + domain},
		Client: mailgun.NewClient(4),
	}
	t.Cleanup(d.Client.CloseIdleConnections)
	return d
}

// said writes findings one a line: check, level, what it says and what to do.
func said(findings []connector.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.Check + " " + string(f.Level) + ": " + f.Detail + " " + f.Hint + "\n")
	}
	return b.String()
}

// Everything that can be wrong between a config and an account is named, with what to do.
func TestDoctor(t *testing.T) {
	t.Parallel()
	const (
		ok      = "key ok\ndomain ok\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n"
		unknown = "domain uncertain\ndns uncertain\nfrom ok\ntemplates uncertain\nwebhooks uncertain\n"
	)
	template := func(name, version string) func(*mailgun.Doctor) {
		return func(d *mailgun.Doctor) {
			d.Config.Deliveries = map[string]deliveries.Delivery{"SignIn": {Template: name, TemplateVersion: version}}
		}
	}
	for name, x := range map[string]struct {
		us, eu sandbox.Config // accounts in two regions; the config names the first
		fault  *sandbox.Fault
		change func(*mailgun.Doctor)
		want   string // checks and their levels
		words  []string
	}{
		"all is well":           {want: ok, words: []string{"is an account key, and may send from mg.example.com in Mailgun's US region", "sending key is enough"}},
		"a sending key":         {us: sandbox.Config{APIKey: "other", SendingKeys: []string{apiKey}}, want: "key ok\n" + unknown, words: []string{"is a sending key", "the key may only send", "control panel"}},
		"a wrong key":           {us: sandbox.Config{APIKey: "other"}, want: "key problem\n" + unknown, words: []string{"status 401", "wrong or revoked", "allowlist", "another domain"}},
		"the other region":      {us: sandbox.Config{APIKey: "other"}, eu: sandbox.Config{APIKey: apiKey}, want: "key problem\n" + unknown, words: []string{"belong to Mailgun's EU region", "Set endpoint to "}},
		"unknown domain":        {us: sandbox.Config{Domains: []string{"other.example.com"}}, want: "key problem\n" + unknown, words: []string{"The key works in Mailgun's US region, but the domain mg.example.com is not known there"}},
		"unknown in the other":  {us: sandbox.Config{APIKey: "other"}, eu: sandbox.Config{APIKey: apiKey, Domains: []string{"x.example.com"}}, want: "key problem\n" + unknown, words: []string{"works in Mailgun's EU region", "known in neither"}},
		"account disabled":      {fault: &sandbox.Fault{Status: 403}, want: "key problem\ndomain ok\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"status 403", "has disabled the account"}},
		"slow down":             {fault: &sandbox.Fault{Status: 429}, want: "key uncertain\ndomain ok\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"asks to slow down (status 429)"}},
		"Mailgun fails":         {fault: &sandbox.Fault{Status: 500}, want: "key uncertain\ndomain ok\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"is failing", "status 500"}},
		"a proxy's page":        {fault: &sandbox.Fault{Status: 200, Body: "<p>hello", ContentType: "text/html"}, want: "key uncertain\ndomain ok\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"proxy"}},
		"unverified":            {us: sandbox.Config{States: map[string]string{domain: "unverified"}, MissingRecords: []string{"TXT"}}, want: "key ok\ndomain problem\ndns problem\ndns problem\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"not verified", "TXT record at k1._domainkey.mg.example.com", "Publish TXT mg.example.com with the value v=spf1"}},
		"disabled domain":       {us: sandbox.Config{States: map[string]string{domain: "disabled"}}, want: "key ok\ndomain problem\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"has disabled the domain"}},
		"a state that is new":   {us: sandbox.Config{States: map[string]string{domain: "resting"}}, want: "key ok\ndomain uncertain\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{`"resting"`}},
		"a sandbox domain":      {us: sandbox.Config{Domains: []string{"sandbox1.mailgun.org"}}, change: func(d *mailgun.Doctor) { d.Config.Domain = "sandbox1.mailgun.org" }, want: "key ok\ndomain warning\ndns ok\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"five authorized recipients"}},
		"no tracking, no CNAME": {us: sandbox.Config{MissingRecords: []string{"CNAME"}}, want: ok},
		"tracking":              {us: sandbox.Config{MissingRecords: []string{"CNAME"}}, change: func(d *mailgun.Doctor) { d.Config.Options.Tracking = true }, want: "key ok\ndomain ok\ndns warning\nfrom ok\ntemplates ok\nwebhooks warning\n", words: []string{"CNAME record at email.mg.example.com"}},
		"a stored template":     {us: sandbox.Config{Templates: []string{"otp"}}, change: template("otp", ""), want: ok, words: []string{`"otp" (SignIn) is stored`}},
		"no such template":      {us: sandbox.Config{Templates: []string{"otp"}}, change: template("top/../x", ""), want: "key ok\ndomain ok\ndns ok\nfrom ok\ntemplates problem\nwebhooks warning\n", words: []string{"never sends them"}},
		"no such version":       {us: sandbox.Config{Versions: map[string][]string{"otp": {"v1"}}}, change: template("otp", "v2"), want: "key ok\ndomain ok\ndns ok\nfrom ok\ntemplates problem\nwebhooks warning\n", words: []string{`"otp" in version "v2"`}},
		"a sender elsewhere": {change: func(d *mailgun.Doctor) {
			d.Config.Warnings = []config.Problem{{Pointer: "/from", Detail: "is at another domain"}}
		}, want: "key ok\ndomain ok\ndns ok\nfrom warning\ntemplates ok\nwebhooks warning\n", words: []string{"The sender is at another domain."}},
		"nobody there": {change: func(d *mailgun.Doctor) { d.Config.Endpoint = "http://127.0.0.1:1" }, want: "key problem\n" + unknown, words: []string{"does not answer at http://127.0.0.1:1", "Mailgun does not answer."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			region := func(c sandbox.Config, key string) (*sandbox.Sandbox, string) {
				if c.APIKey == "" {
					c.APIKey = key
				}
				if c.Domains == nil {
					c.Domains = []string{domain}
				}
				s := sandbox.New(c)
				return s, serve(t, s)
			}
			us, usURL := region(x.us, apiKey)
			eu, euURL := region(x.eu, "none")
			if x.fault != nil {
				us.SetFaults(*x.fault)
			}
			d := newDoctor(t, usURL)
			d.Regions = []mailgun.Region{{Name: "US", Endpoint: usURL}, {Name: "EU", Endpoint: euURL}}
			if x.change != nil {
				x.change(d)
			}
			findings := d.Check(t.Context())
			var levels strings.Builder
			for _, f := range findings {
				levels.WriteString(f.Check + " " + string(f.Level) + "\n")
				if f.Level != connector.OK && f.Hint == "" && f.Check != "from" && !strings.Contains(f.Detail, "slow down") && !strings.Contains(f.Detail, "is failing") {
					t.Errorf("%+v does not say what to do", f)
				}
			}
			if diff := cmp.Diff(x.want, levels.String()); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%s", diff, said(findings))
			}
			for _, words := range x.words {
				if !strings.Contains(said(findings), words) {
					t.Errorf("findings do not say %q:\n%s", words, said(findings))
				}
			}
			if strings.Contains(said(findings), apiKey) || len(us.Messages())+len(eu.Messages()) > 0 {
				t.Errorf("the key is told, or a mail was sent:\n%s", said(findings))
			}
		})
	}
}

// A failover is looked at as the main way is.
func TestDoctorOfFailover(t *testing.T) {
	t.Parallel()
	_, endpoint := fake(t)
	_, other := fakeOf(t, sandbox.Config{APIKey: "other", Domains: []string{"mg2.example.com"}})
	d := newDoctor(t, endpoint)
	d.Config.Failover = &config.Failover{Endpoint: other, Domain: "mg2.example.com", APIKey: "wrong", From: "no-reply@mg2.example.com"}
	ways := map[connector.Way][]string{}
	for _, f := range d.Check(t.Context()) {
		if f.Check == "key" {
			ways[f.Way] = append(ways[f.Way], string(f.Level))
		}
	}
	if diff := cmp.Diff(map[connector.Way][]string{"": {"ok"}, connector.OtherWay: {"problem"}}, ways); diff != "" {
		t.Errorf("keys of the ways (-want +got):\n%s", diff)
	}
	d.Config.Failover.APIKey = "other"
	for _, f := range d.Check(t.Context()) {
		if f.Way == connector.OtherWay && f.Check == "key" && (f.Level != connector.OK || !strings.Contains(f.Detail, "mg2.example.com")) {
			t.Errorf("the failover's key = %+v, want it to be right", f)
		}
	}
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	s, endpoint := fake(t)
	d := newDoctor(t, endpoint)
	d.URL = reportURL
	kinds := []string{"delivered", "permanent_fail", "temporary_fail", "complained"}
	plan, err := d.Webhooks(t.Context(), false)
	if err != nil || len(plan) != len(kinds) || len(s.Webhooks()) > 0 {
		t.Fatalf("Webhooks = %+v, %v, registered %v; want a plan alone", plan, err, s.Webhooks())
	}
	if _, err := d.Webhooks(t.Context(), true); err != nil {
		t.Fatalf("Webhooks = %v", err)
	}
	for _, kind := range kinds {
		if got := s.Webhooks()[kind]; !slices.Equal(got, []string{reportURL}) {
			t.Errorf("%s is reported to %q, want our URL", kind, got)
		}
	}
	if f := said(d.Check(t.Context())); !strings.Contains(f, "webhooks ok: Mailgun reports to "+reportURL) {
		t.Errorf("findings after that:\n%s", f)
	}
	d.URL = ""
	unsure := "webhooks uncertain: Mailgun reports to " + reportURL + ";"
	if f := said(d.Check(t.Context())); !strings.Contains(f, unsure) || !strings.Contains(f, "--url") {
		t.Errorf("findings without a URL:\n%s", f)
	}
	for _, url := range []string{"https://b.example.com/x", "https://c.example.com/x", "https://d.example.com/x"} {
		d.URL = url
		plan, err = d.Webhooks(t.Context(), true)
	}
	if want := []string{reportURL, "https://b.example.com/x", "https://c.example.com/x"}; err != nil || !plan[0].Full || !slices.Equal(s.Webhooks()["delivered"], want) {
		t.Errorf("a fourth URL = %+v, %v with %q; want it to be said that there is no room", plan[0], err, s.Webhooks()["delivered"])
	}
	s, endpoint = fakeOf(t, sandbox.Config{APIKey: "other", SendingKeys: []string{apiKey}, Domains: []string{domain}})
	if _, err := newDoctor(t, endpoint).Webhooks(t.Context(), true); err == nil || !strings.Contains(err.Error(), "account key") || len(s.Webhooks()) > 0 {
		t.Errorf("Webhooks with a sending key = %v, want it to name the key", err)
	}
}

func TestWebhookURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://codes.example.com": reportURL, "https://codes.example.com/": reportURL, reportURL: reportURL,
		"https://a.example/x/webhooks/mailgun": "https://a.example/x/webhooks/mailgun",
		"http://codes.example.com":             "", "codes.example.com": "", "https://": "", "https://u:p@a.example": "", "https://a.example?x": "",
	} {
		if got, err := mailgun.WebhookURL(address); got != want || (err == nil) != (want != "") {
			t.Errorf("WebhookURL(%q) = %q, %v, want %q", address, got, err, want)
		}
	}
}

// The mock that mailgun-go ships knows the routes, and neither keys nor domains' states.
func TestDoctorOnMailgunGosMock(t *testing.T) {
	t.Parallel()
	mock := mg.NewMockServer()
	t.Cleanup(mock.Stop)
	d := newDoctor(t, strings.TrimSuffix(mock.URL(), "/v3"))
	d.Config.Domain, d.Config.From, d.URL = "mailgun.test", "no-reply@mailgun.test", reportURL
	d.Config.Deliveries = map[string]deliveries.Delivery{"SignIn": {Template: "template1"}, "Register": {Template: "none"}}
	findings := said(d.Check(t.Context()))
	for _, words := range []string{
		"key ok: The key is an account key, and may send from mailgun.test.", "domain ok", "dns ok",
		`templates ok: The template "template1"`, `templates problem: The template "none"`, "webhooks warning",
	} {
		if !strings.Contains(findings, words) {
			t.Errorf("findings do not say %q:\n%s", words, findings)
		}
	}
	if _, err := d.Webhooks(t.Context(), true); err != nil {
		t.Fatalf("Webhooks = %v", err)
	}
	if got := mock.Webhooks().Webhooks["delivered"].Urls; !slices.Equal(got, []string{reportURL}) {
		t.Errorf("delivered is reported to %q, want our URL", got)
	}
	d.Config.Domain = "unknown.test"
	if findings := said(d.Check(t.Context())); !strings.Contains(findings, "key problem: The key works, but the domain unknown.test is not known there.") {
		t.Errorf("findings for an unknown domain:\n%s", findings)
	}
}

// An answer that is none of Mailgun's is not taken for what the key may do.
func TestDoctorOfOddAnswers(t *testing.T) {
	t.Parallel()
	d := newDoctor(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(`{"message":"to parameter is missing"}`[:len(r.Method)+10]))
	})))
	if findings := said(d.Check(t.Context())); !strings.Contains(findings, "key ok: The key may send from") || !strings.Contains(findings, "status 200") {
		t.Errorf("findings:\n%s", findings)
	}
}
