package callers

import (
	"cmp"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/deliveries"
)

// clerk is Clerk's webhook event email.created, which Svix delivers (webhook API
// 2025-04-15). Svix tries eight times within 28 hours, by when a code is long dead.
var clerk = dialect{
	prove: func(s config.Caller, _ Environment) (proof, error) { return newWebhookProof(s, "Svix-", "Webhook-") },
	parse: parseClerk, answer: finalIsSuccess, repeats: true, bringsMail: true,
	content: config.OwnElseCaller, tolerance: 5 * time.Minute, codeLife: 10 * time.Minute, keyLife: idempotency.MaxLife,
	setup: "In the dashboard: Webhooks, Add Endpoint. Paste the URL, choose the event email.created and no other, " +
		"and put the signing secret into secrets here. Then switch \"Delivered by Clerk\" off for each template.",
	usage: map[string]string{
		"verification_code":       "SignIn",
		"reset_password_code":     "ForgotPassword",
		"magic_link_sign_in":      "SignIn",
		"magic_link_sign_up":      "Register",
		"magic_link_user_profile": "EmailVerification",
		"invitation":              "Invitation",
		"organization_invitation": "OrganizationInvitation",

		"password_changed":              "PasswordChanged",
		"password_removed":              "PasswordRemoved",
		"primary_email_address_changed": "EmailChanged",
		"passkey_added":                 "PasskeyAdded",
		"passkey_removed":               "PasskeyRemoved",
		"mfa_enabled":                   "MfaEnrolled",
		"new_device_sign_in":            "NewDevice",
		"sign_in_from_new_device":       "NewDevice",
		"account_locked":                "AccountLocked",
	},
	linkTypes: []string{
		"magic_link_sign_in", "magic_link_sign_up", "magic_link_user_profile", "invitation", "organization_invitation",
	},
}

func parseClerk(c *caller, call *connector.Call, body []byte) (*reading, error) {
	d, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	mail := d.object("data")
	r := &reading{}
	switch {
	case d.text("type") == "":
		r.fault = invalid("The call has no type.")
	case d.text("type") != "email.created":
		return &reading{nothing: connector.CallOtherEvent}, nil
	case mail["delivered_by_clerk"] == true:
		return &reading{nothing: connector.CallDeliveredByCaller}, nil
	}
	values := mail.object("data")
	l := letter{
		to: mail.text("to_email_address"), sourceType: mail.text("slug"),
		code: values.text("otp_code"), link: firstText(values, "magic_link", "action_url"),
		payload:    map[string]any{"data": values.without("otp_code", "magic_link", "action_url")},
		linkValues: values,
		rendered: &deliveries.Rendered{
			Subject: mail.text("subject"), HTML: mail.text("body"), Text: mail.text("body_plain"),
		},
		ip: d.object("event_attributes", "http_request").text("client_ip"),
	}
	c.addLanguages(l.payload, d)
	l.ends = c.clerkEnd(d, values, &l)
	r.letters, r.key = []letter{l}, cmp.Or(single(call, "Svix-Id"), single(call, "Webhook-Id"))
	return r, nil
}

// milliseconds is the least number that is a time in milliseconds rather than in seconds:
// Clerk's docs have the one, its OpenAPI example the other.
const milliseconds = 100_000_000_000

// clerkEnd is when the code or link of an event dies, zero if that can't be told: of an
// invitation, which lives for days.
func (c *caller) clerkEnd(event, values document, l *letter) time.Time {
	n, ok := event.number("timestamp")
	minutes, told := values.number("ttl_minutes")
	if !ok || l.code == "" && !told {
		return time.Time{}
	}
	began := time.Unix(n, 0)
	if n >= milliseconds {
		began = time.UnixMilli(n)
	}
	if told {
		return began.Add(time.Duration(min(minutes, maxMinutes)) * time.Minute)
	}
	return began.Add(c.ownCodeLife())
}

// maxMinutes bounds the lives that calls tell, a year: what is longer means no end.
const maxMinutes = 365 * 24 * 60

// firstText returns the first of an object's texts that is there.
func firstText(d document, names ...string) string {
	for _, name := range names {
		if text := d.text(name); text != "" {
			return text
		}
	}
	return ""
}
