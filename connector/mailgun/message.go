package mailgun

import (
	"strconv"
	"strings"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// mailHeaders returns the mail headers that do not depend on the mail. The two that
// keep out-of-office replies away are RFC 3834, section 5, and [MS-OXCMAIL],
// 2.1.3.2.20; a config may set them otherwise.
func mailHeaders(o config.Options) map[string]string {
	all := map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
	for name, value := range o.Headers {
		if value == "" {
			continue
		}
		for own := range all {
			if strings.EqualFold(own, name) {
				delete(all, own)
			}
		}
		all[name] = value
	}
	return all
}

// message builds mailgun-go's message. Messages are not shared: Send changes them.
func (s *Sender) message(mail *connector.Email) *mg.Message {
	body := mail.Body()
	m := mg.NewMessage(mail.From, mail.Subject, body.Text, mail.To)
	m.SetHTML(body.HTML)
	if mail.Template != "" {
		m.SetTemplate(mail.Template)
		m.SetTemplateVersion(mail.TemplateVersion)
		// As a header and not by AddTemplateVariable, which would encode the
		// JSON again and drop it without a word if that failed.
		m.AddHeader("X-Mailgun-Variables", body.Variables)
	}
	m.Specific = withoutEmpty{m.Specific, mail.Subject != "", body.Text != ""}
	for name, value := range s.headers {
		m.AddHeader(name, value)
	}
	if mail.ReplyTo != "" {
		m.AddHeader("Reply-To", mail.ReplyTo)
	}
	within := s.options.DeliverWithin
	if !mail.Expires.IsZero() {
		within = time.Until(mail.Expires)
	}
	m.AddHeader("X-Mailgun-Deliver-Within", deliverWithin(within))
	_ = m.AddTag(s.options.Tags...) // the config's check has counted them; mailgun-go's limit is out of date
	s.setOptions(m)
	return m
}

func (s *Sender) setOptions(m *mg.Message) {
	clicks := "no"
	if s.options.Tracking {
		clicks = "yes"
	}
	m.SetTrackingOptions(&mg.TrackingOptions{
		Tracking:       s.options.Tracking,
		TrackingClicks: clicks,
		TrackingOpens:  s.options.Tracking,
	})
	if s.options.TestMode {
		m.EnableTestMode()
	}
	m.SetRequireTLS(s.options.RequireTLS)
}

// deliverWithin formats a duration as Mailgun's [0-9]+h[0-9]+m, with seconds
// rounded, and at least Mailgun's minimum of five minutes (API reference, messages:
// o:deliver-within).
func deliverWithin(d time.Duration) string {
	minutes := max(5, int((d + 30*time.Second).Minutes()))
	if minutes < 60 {
		return strconv.Itoa(minutes) + "m"
	}
	return strconv.Itoa(minutes/60) + "h" + strconv.Itoa(minutes%60) + "m"
}

// withoutEmpty keeps mailgun-go from sending an empty subject or text, which it
// always does: an empty subject may replace that of the stored template.
type withoutEmpty struct {
	mg.Specific
	subject, text bool // whether there is one
}

// AddValues relies on the order in which mailgun-go v4 adds from, subject and
// text, which it adds first; a test holds it to that.
func (w withoutEmpty) AddValues(p *mg.FormDataPayload) {
	w.Specific.AddValues(p)
	kept := p.Values[:1]
	if w.subject {
		kept = append(kept, p.Values[1])
	}
	if w.text {
		kept = append(kept, p.Values[2])
	}
	p.Values = append(kept, p.Values[3:]...)
}
