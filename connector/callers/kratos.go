package callers

import (
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// kratos is Ory Kratos' courier over HTTP (ory/kratos v26.2.0, courier), with the default
// body or, better, with all of its context. It tries six times, about a second apart, byte
// for byte the same; a notice may honestly come again later.
var kratos = dialect{
	prove: newTokenProof, parse: parseKratos, answer: plainAnswer, repeats: true, bringsMail: true,
	content: config.OwnElseCaller, keyLife: shortLife,
	setup: "In its config, courier.delivery_strategy: http, and under courier.http.request_config: the URL, " +
		"method POST, auth with a token that stands in tokens here, and the body function(ctx) ctx.",
	usage: map[string]string{
		"login_code_valid":        "SignIn",
		"registration_code_valid": "Register",
		"recovery_valid":          "ForgotPassword",
		"recovery_code_valid":     "ForgotPassword",
		"verification_valid":      "EmailVerification",
		"verification_code_valid": "EmailVerification",

		"recovery_invalid":           "UnknownRecipient",
		"recovery_code_invalid":      "UnknownRecipient",
		"verification_invalid":       "UnknownRecipient",
		"verification_code_invalid":  "UnknownRecipient",
		"verifiable_address_changed": "EmailChanged",
		"authenticator_key_added":    "AuthenticatorAdded",
	},
	linkTypes: []string{"recovery_valid", "verification_valid"},
}

var (
	kratosCodes = []string{"login_code", "registration_code", "recovery_code", "verification_code"}
	kratosLinks = []string{"recovery_url", "verification_url"}
)

func parseKratos(c *caller, _ *connector.Call, body []byte) (*reading, error) {
	d, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	data := d.object("template_data")
	if d.text("message_type") != "" && d.text("message_type") != "email" {
		return nil, invalid("The message is not an e-mail: point Kratos' channel for it elsewhere.")
	}
	l := letter{
		to: firstText(d, "recipient", "to"), sourceType: d.text("template_type"),
		code: firstText(data, kratosCodes...), link: firstText(data, kratosLinks...),
		payload: data.without("to", "login_code", "registration_code", "recovery_code", "verification_code",
			"recovery_url", "verification_url"),
		linkValues: data,
		rendered: &deliveries.Rendered{
			Subject: d.text("subject"), HTML: d.text("html_body"), Text: d.text("body"),
		},
	}
	if l.code == "" {
		l.code = firstText(d, kratosCodes...)
	}
	if l.link == "" {
		l.link = firstText(d, kratosLinks...)
	}
	c.addLanguages(l.payload, d)
	if minutes, ok := data.number("expires_in_minutes"); ok {
		l.life = time.Duration(min(minutes, maxMinutes)) * time.Minute
	}
	r := &reading{letters: []letter{l}}
	if l.sourceType == "" {
		r.fault = invalid("The call has no template_type: leave it in the courier's body.")
	}
	if usage := c.usage[l.sourceType]; l.code == "" && l.link == "" && usage != "" && !deliveries.IsNotice(usage) {
		r.advice = "the code is in no member of its own: give Kratos' courier the body function(ctx) ctx"
	}
	return r, nil
}
