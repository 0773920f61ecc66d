package callers

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/deliveries"
)

// casdoor is Casdoor's e-mail provider "Custom HTTP Email" (casdoor/casdoor v3.158.0,
// email/custom_http.go): a form with one text, of which nothing says what it is for. Only
// the status 200 is success to it.
var casdoor = dialect{
	prove: newTokenProof, parse: parseCasdoor, answer: plainAnswer, takesPut: true,
	bringsMail: true, content: config.OwnElseCaller, keyLife: idempotency.Life,
	setup: "A provider of category Email and type Custom HTTP Email: method POST, the URL, the headers " +
		"Authorization: Bearer … and X-Usage-Type, and the content type left at the form. One provider for each " +
		"purpose.",
	usage: map[string]string{defaultUsage: deliveries.Generic},
}

// maxCasdoorMails bounds the recipients of one call, each of whom gets a mail of their own.
const maxCasdoorMails = 50

func parseCasdoor(c *caller, call *connector.Call, body []byte) (*reading, error) {
	fields, err := casdoorFields(call, body)
	if err != nil {
		return nil, err
	}
	field := func(name string) []string {
		if own := c.settings.Fields[name]; own != "" {
			name = own
		}
		return fields[name]
	}
	recipients := append(field("toAddress"), field("toAddresses")...)
	r := &reading{}
	switch media, _, _ := mime.ParseMediaType(single(call, "Content-Type")); {
	case len(recipients) > maxCasdoorMails:
		r.fault = invalid("The call has more than 50 recipients.")
		recipients = recipients[:maxCasdoorMails]
	case len(recipients) == 0 && media == "application/json":
		return nil, invalid("Casdoor sends no recipient with application/json: leave the provider's content type " +
			"at the form, application/x-www-form-urlencoded.")
	case len(recipients) == 0:
		return nil, invalid("The call has no recipient.")
	}
	subject, content := first(field("subject")), first(field("content"))
	l := letter{payload: map[string]any{}, rendered: &deliveries.Rendered{Subject: subject}}
	if deliveries.HasTags(content) {
		l.rendered.HTML = content
	} else {
		l.rendered.Text = content
	}
	if isCode(content) {
		l.code = strings.TrimSpace(content)
	}
	addLanguages(l.payload, strings.Join(call.Header["Accept-Language"], ","))
	l.linkValues = map[string]any{"code": l.code, "content": content, "subject": subject}
	c.addCasdoorType(call, &l)
	for _, to := range recipients {
		l.to = strings.TrimSpace(to)
		r.letters = append(r.letters, l)
	}
	return r, nil
}

// casdoorFields reads the form, or the JSON that Casdoor makes of it.
func casdoorFields(call *connector.Call, body []byte) (url.Values, error) {
	media, _, _ := mime.ParseMediaType(single(call, "Content-Type"))
	if media != "application/json" {
		fields, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, invalid("The body is not a form.")
		}
		return fields, nil
	}
	d, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	fields := url.Values{}
	for name, value := range d {
		switch v := value.(type) {
		case string:
			fields[name] = []string{v}
		case []any:
			for _, element := range v {
				if text, ok := element.(string); ok {
					fields[name] = append(fields[name], text)
				}
			}
		}
	}
	return fields, nil
}

// defaultUsageHeader is where the operator tells what a provider's mails are for.
const defaultUsageHeader = "X-Usage-Type"

// defaultUsage is the entry of the settings' usage for calls that tell no type.
const defaultUsage = "default"

func (c *caller) addCasdoorType(call *connector.Call, l *letter) {
	header := defaultUsageHeader
	if _, name, ok := strings.Cut(c.settings.UsageFrom, " "); ok {
		header = name
	}
	l.sourceType = single(call, http.CanonicalHeaderKey(header))
	switch {
	case l.sourceType == "":
		l.sourceType = defaultUsage
	case typeName(l.sourceType) == l.sourceType:
		l.usage = l.sourceType
	}
}

// isCode reports whether a text is a code and nothing else, as it is where the operator
// has made "%s" the provider's text.
func isCode(text string) bool {
	text = strings.TrimSpace(text)
	return code.MatchString(text) && strings.ContainsAny(text, "0123456789")
}

var code = regexp.MustCompile(`^[0-9A-Za-z-]{4,32}$`)

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
