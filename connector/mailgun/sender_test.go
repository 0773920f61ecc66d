package mailgun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/tracecontext"
)

// fields are those of a form.
type fields = map[string][]string

// form is what one send put before Mailgun.
func form(t *testing.T, options config.Options, mail *connector.Email) fields {
	t.Helper()
	mg, url := fake(t)
	s := newSender(t, url, func(c *mailgun.Config) { c.Connector.Options = options })
	if _, err := s.Send(t.Context(), mail); err != nil {
		t.Fatalf("Send() = %v, want nil", err)
	}
	return mg.Messages()[0].Form
}

var plainOptions = config.Options{DeliverWithin: 10 * time.Minute}

// ours are the fields that every mail has besides from and to.
func ours(change fields) fields {
	all := fields{
		"from": {"a@mg.example.com"}, "to": {"ada@example.org"},
		"o:tracking": {"no"}, "o:tracking-clicks": {"no"}, "o:tracking-opens": {"no"},
		"h:Auto-Submitted": {"auto-generated"}, "h:X-Auto-Response-Suppress": {"All"},
		"h:X-Mailgun-Deliver-Within": {"10m"},
	}
	for name, values := range change {
		if values == nil {
			delete(all, name)
		} else {
			all[name] = values
		}
	}
	return all
}

// TestFieldsOfMails compares whole forms, so that a field that is not wanted, or
// comes twice or empty, is found too. Mailgun-go adds from, subject and text
// first and in this order, on which the sender relies to take the empty ones out
// again: the first cases hold it to that.
func TestFieldsOfMails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		mail content
		want fields
	}{
		{"all of HTML", content{Subject: "S", HTML: "<p>", Text: "T"},
			fields{"subject": {"S"}, "html": {"<p>"}, "text": {"T"}}},
		{"no subject", content{HTML: "<p>", Text: "T"}, fields{"html": {"<p>"}, "text": {"T"}}},
		{"no text", content{Subject: "S", HTML: "<p>"}, fields{"subject": {"S"}, "html": {"<p>"}}},
		{"neither", content{HTML: "<p>"}, fields{"html": {"<p>"}}},
		{"text like the subject", content{Subject: "S", HTML: "<p>", Text: "S"},
			fields{"subject": {"S"}, "html": {"<p>"}, "text": {"S"}}},
		{"reply-to", content{HTML: "<p>", ReplyTo: "サポート <help@example.com>"},
			fields{"html": {"<p>"}, "h:Reply-To": {"サポート <help@example.com>"}}},
		{"template alone", content{Template: "t", Variables: `{"code":"1"}`},
			fields{
				"template": {"t"}, "h:X-Mailgun-Variables": {`{"code":"1"}`},
				"o:suppress-headers": {"X-Mailgun-Variables"},
			}},
		{"all of a template",
			content{
				Subject: "S", ReplyTo: "r@example.com",
				Template: "t", TemplateVersion: "v2", Variables: `{"a":1.50,"z":null}`,
			},
			fields{
				"subject": {"S"}, "template": {"t"}, "t:version": {"v2"}, "h:Reply-To": {"r@example.com"},
				"h:X-Mailgun-Variables": {`{"a":1.50,"z":null}`}, "o:suppress-headers": {"X-Mailgun-Variables"},
			}},
		{"line breaks and boundaries", content{Subject: "--x", HTML: "<p>\r\n--boundary--\r\n</p>\x00", Text: "a\nb"},
			fields{"subject": {"--x"}, "html": {"<p>\r\n--boundary--\r\n</p>\x00"}, "text": {"a\nb"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(ours(tt.want), form(t, plainOptions, email(tt.mail))); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldsOfOptions(t *testing.T) {
	t.Parallel()
	within := plainOptions.DeliverWithin
	tags := []string{"otp", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	headers := func(all map[string]string) config.Options {
		return config.Options{DeliverWithin: within, Headers: all}
	}
	tests := []struct {
		name    string
		options config.Options
		want    fields
	}{
		{"tags", config.Options{DeliverWithin: within, Tags: tags}, fields{"o:tag": tags}},
		{"tracking", config.Options{DeliverWithin: within, Tracking: true},
			fields{"o:tracking": {"yes"}, "o:tracking-clicks": {"yes"}, "o:tracking-opens": {"yes"}}},
		{"require TLS", config.Options{DeliverWithin: within, RequireTLS: true},
			fields{"o:require-tls": {"true"}}},
		{"test mode", config.Options{DeliverWithin: within, TestMode: true}, fields{"o:testmode": {"yes"}}},
		{"own headers", headers(map[string]string{"X-A": "é", "List-Id": "<x>"}),
			fields{"h:X-A": {"é"}, "h:List-Id": {"<x>"}}},
		{"headers instead of ours",
			headers(map[string]string{"auto-submitted": "auto-replied", "X-AUTO-RESPONSE-SUPPRESS": "OOF"}),
			fields{
				"h:Auto-Submitted": nil, "h:auto-submitted": {"auto-replied"},
				"h:X-Auto-Response-Suppress": nil, "h:X-AUTO-RESPONSE-SUPPRESS": {"OOF"},
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want["html"] = []string{"<p>"}
			if diff := cmp.Diff(ours(tt.want), form(t, tt.options, email(content{HTML: "<p>"}))); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
		})
	}
}

// Mailgun's form is [0-9]+h[0-9]+m, without seconds.
func TestDeliverWithin(t *testing.T) {
	t.Parallel()
	for within, want := range map[time.Duration]string{
		5 * time.Minute: "5m", 59 * time.Minute: "59m",
		time.Hour: "1h0m", 90 * time.Minute: "1h30m", 24 * time.Hour: "24h0m",
	} {
		got := form(t, config.Options{DeliverWithin: within}, email(content{HTML: "<p>"}))
		if diff := cmp.Diff([]string{want}, got["h:X-Mailgun-Deliver-Within"]); diff != "" {
			t.Errorf("Deliver-Within of %s (-want +got):\n%s", within, diff)
		}
	}
}

func TestConcurrentSends(t *testing.T) {
	t.Parallel()
	mg, url := fake(t)
	s := newSender(t, url, nil)
	const senders, each = 32, 8
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for j := range each {
				mark := fmt.Sprintf("%d-%d", i, j)
				m := email(content{Subject: "s" + mark, HTML: "h" + mark, Text: "t" + mark})
				if i%2 == 1 {
					vars, _ := json.Marshal(map[string]string{"mark": mark})
					m = email(content{Subject: "s" + mark, Template: "h" + mark, Variables: string(vars)})
				}
				m.To = "u" + mark + "@example.org"
				if _, err := s.Send(context.Background(), m); err != nil {
					t.Errorf("Send(%s) = %v, want nil", mark, err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, m := range mg.Messages() {
		mark := m.Subject[1:]
		html := m.HTML == "h"+mark && m.Text == "t"+mark
		template := m.Template == "h"+mark && m.Variables["mark"] == mark
		if m.To != "u"+mark+"@example.org" || html == template || seen[mark] {
			t.Errorf("mail %s is mixed up or came twice: %+v", mark, m.Form)
		}
		seen[mark] = true
	}
	if len(seen) != senders*each {
		t.Errorf("%d mails, want %d", len(seen), senders*each)
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	var got http.Header
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		fmt.Fprint(w, `{"id":"<1@x>","message":"Queued. Thank you."}`)
	}))
	s := newSender(t, url, nil)
	for _, tt := range []struct {
		trace         tracecontext.Context
		parent, state string
	}{
		{tracecontext.Context{}, "", ""},
		{tracecontext.Context{Parent: parent}, parent, ""},
		{tracecontext.Context{Parent: parent, State: "a=1,b=2"}, parent, "a=1,b=2"},
		{tracecontext.Context{State: "a=1"}, "", ""}, // without a parent a state means nothing
	} {
		if _, err := s.Send(tracecontext.With(t.Context(), tt.trace), htmlMail()); err != nil {
			t.Fatal(err)
		}
		if got.Get("Traceparent") != tt.parent || got.Get("Tracestate") != tt.state {
			t.Errorf("trace of %+v = %q, %q, want %q, %q",
				tt.trace, got.Get("Traceparent"), got.Get("Tracestate"), tt.parent, tt.state)
		}
	}
	// net/http sends a POST with one of these again by itself, uncounted.
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if got.Get(name) != "" {
			t.Errorf("header %s = %q, want none", name, got.Get(name))
		}
	}
}
