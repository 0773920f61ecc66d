package callers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
)

// zitadel is Zitadel's HTTP e-mail provider (zitadel/zitadel of mid 2026, internal/notification,
// pkg/actions/signing.go). It sends translated texts without a layout. Its job queue tries
// again within five minutes.
var zitadel = dialect{
	prove: newZitadelProof, parse: parseZitadel, answer: plainAnswer, repeats: true, linkedNotices: true,
	bringsMail: true, content: config.OwnContent, tolerance: 5 * time.Minute, keyLife: idempotency.Life,
	setup: "In the console, an e-mail provider of type HTTP: paste the URL. Its signing key is shown once, and goes " +
		"into signingKeys here.",
	usage: map[string]string{
		"user.human.initialization.code.added":                  "Register",
		"user.initialization.code.added":                        "Register",
		"user.human.email.code.added":                           "EmailVerification",
		"user.email.code.added":                                 "EmailVerification",
		"user.human.password.code.added":                        "ForgotPassword",
		"user.password.code.added":                              "ForgotPassword",
		"user.human.otp.email.code.added":                       "MfaVerification",
		"session.otp.email.challenged":                          "MfaVerification",
		"user.human.passwordless.initialization.code.requested": "PasskeyRegistration",
		"user.human.invite.code.added":                          "Invitation",

		"user.domain.claimed":         "DomainClaimed",
		"user.human.password.changed": "PasswordChanged",
	},
}

// zitadelProof is the header ZITADEL-Signature: t=UNIX,v1=HEX,…, the HMAC-SHA256 of time
// and body. Zitadel's own check looks only for times that are past.
type zitadelProof struct{ keys [][]byte }

func newZitadelProof(s config.Caller, _ Environment) (proof, error) {
	p := &zitadelProof{}
	for _, key := range s.SigningKeys {
		p.keys = append(p.keys, []byte(key.Reveal()))
	}
	return p, nil
}

// check implements [proof].
func (p *zitadelProof) check(
	_ context.Context, call *connector.Call, now time.Time, tolerance time.Duration,
) ([]byte, error) {
	timestamp := ""
	var candidates [][]byte
	for part := range strings.SplitSeq(single(call, "Zitadel-Signature"), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			if timestamp != "" {
				return nil, unproven(connector.CallBadTimestamp)
			}
			timestamp = value
		case "v1":
			if signature, err := hex.DecodeString(value); err == nil && len(candidates) < maxSignatures {
				candidates = append(candidates, signature)
			}
		}
	}
	if timestamp == "" || len(candidates) == 0 {
		return nil, unproven(connector.CallMissingHeader)
	}
	if reason := checkTime(timestamp, now, tolerance); reason != "" {
		return nil, unproven(reason)
	}
	for _, key := range p.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(timestamp + "."))
		mac.Write(call.Body)
		if isAmong(mac.Sum(nil), candidates) {
			return call.Body, nil
		}
	}
	return nil, unproven(connector.CallBadSignature)
}

func parseZitadel(c *caller, _ *connector.Call, body []byte) (*reading, error) {
	d, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	context, texts, args := d.object("contextInfo"), d.object("templateData"), d.object("args")
	event := context.text("eventType")
	if context.text("recipientEmailAddress") == "" && context.text("recipientPhoneNumber") != "" {
		return nil, invalid("The message is not an e-mail: this address is for Zitadel's e-mail provider.")
	}
	l := letter{
		to: context.text("recipientEmailAddress"), sourceType: event,
		// Only the first letter of OTP is lowered; older handlers set no args.code.
		code: firstText(args, "code", "oTP"), link: texts.text("url"),
		payload:    map[string]any{"args": args.without("code", "oTP")},
		linkValues: map[string]any{"args": map[string]any(args), "templateData": map[string]any(texts)},
		rendered:   layOut(texts),
	}
	c.addLanguages(l.payload, d)
	if nanoseconds, ok := args.number("expiry"); ok && nanoseconds > 0 {
		l.life = time.Duration(nanoseconds)
	}
	// There is no id, and times in args may move between two tries.
	r := &reading{letters: []letter{l}, key: strings.Join([]string{l.to, event, l.code, l.link}, "\n")}
	if event == "" {
		r.fault = invalid("The call has no contextInfo.eventType.")
	}
	if l.code == "" {
		r.keyLife = shortLife // the same may honestly happen again
	}
	return r, nil
}
