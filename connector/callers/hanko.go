package callers

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers/jwks"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/deliveries"
)

// hanko is Hanko's webhook email.send (teamhanko/hanko v3.0.4, backend/webhooks). The
// request is a signed token; it is never repeated, and nobody waits for the answer.
var hanko = dialect{
	prove: newHankoProof, parse: parseHanko, unwrap: unwrapHanko, answer: finalIsSuccess,
	oneShot: true, bringsMail: true, content: config.OwnElseCaller,
	tolerance: 30 * time.Second, keyLife: idempotency.Life,
	setup: "In its config, under webhooks.hooks: the URL as callback, for the event email.send. Then " +
		"email_delivery.enabled: false.",
	usage: map[string]string{
		"login":              "SignIn",
		"recovery":           "ForgotPassword",
		"email_verification": "EmailVerification",

		"email_login_attempted":        "UnknownRecipient",
		"email_registration_attempted": "AccountExists",

		"security_notification/email_create":         "EmailAdded",
		"security_notification/email_delete":         "EmailRemoved",
		"security_notification/primary_email_update": "EmailChanged",
		"security_notification/password_update":      "PasswordChanged",
		"security_notification/passkey_create":       "PasskeyAdded",
		"security_notification/mfa_create":           "MfaEnrolled",
		"security_notification/mfa_delete":           "MfaUnenrolled",
	},
}

// hankoSubject tells its webhooks from session tokens, which have the same keys and
// audience.
const hankoSubject = "hanko webhooks"

// hankoProof is a JWT (RFC 7519), signed with RS256 and a key of the configured set. Keys
// that a token brings or points to are ignored.
type hankoProof struct {
	keys      KeySet
	audiences []string
}

func newHankoProof(s config.Caller, env Environment) (proof, error) {
	return &hankoProof{keys: env.Keys(s.JWKS), audiences: s.Audience}, nil
}

// check implements [proof]. What the call says are the token's claims.
func (p *hankoProof) check(
	ctx context.Context, call *connector.Call, now time.Time, tolerance time.Duration,
) ([]byte, error) {
	var envelope struct {
		Token string `json:"token"`
		Event string `json:"event"`
	}
	if err := json.Unmarshal(call.Body, &envelope); err != nil || envelope.Token == "" {
		return nil, unproven(connector.CallNoToken)
	}
	token, err := jose.ParseSignedCompact(envelope.Token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(token.Signatures) != 1 {
		return nil, unproven(connector.CallBadToken)
	}
	key, err := p.keys.Key(ctx, token.Signatures[0].Protected.KeyID)
	switch {
	case errors.Is(err, jwks.ErrUnknown):
		return nil, unproven(connector.CallUnknownKey)
	case err != nil:
		return nil, &connector.UnprovenError{Reason: connector.CallNoKeys, Later: true}
	}
	payload, err := token.Verify(key)
	if err != nil {
		return nil, unproven(connector.CallBadSignature)
	}
	var claims struct {
		jwt.Claims
		Event string `json:"evt"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, unproven(connector.CallBadToken)
	}
	if reason := p.reason(&claims.Claims, now, tolerance); reason != "" {
		return nil, unproven(reason)
	}
	if claims.Event == "" || claims.Event != envelope.Event {
		return nil, unproven(connector.CallWrongEvent)
	}
	return payload, nil
}

// reason says why claims don't count, "" if they do.
func (p *hankoProof) reason(claims *jwt.Claims, now time.Time, tolerance time.Duration) connector.CallReason {
	isOurs := func(audience string) bool { return slices.Contains(p.audiences, audience) }
	switch {
	case claims.Expiry == nil:
		return connector.CallNoEnd
	case now.After(claims.Expiry.Time().Add(tolerance)):
		return connector.CallStale
	case claims.IssuedAt != nil && now.Before(claims.IssuedAt.Time().Add(-tolerance)),
		claims.NotBefore != nil && now.Before(claims.NotBefore.Time().Add(-tolerance)):
		return connector.CallFuture
	case !slices.ContainsFunc(claims.Audience, isOurs):
		return connector.CallWrongAudience
	case claims.Subject != hankoSubject:
		return connector.CallWrongSubject
	}
	return ""
}

// unwrapHanko returns the claims of a call's token, whoever has made it.
func unwrapHanko(body []byte) ([]byte, error) {
	var envelope struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, invalid("The body is not a JSON object.")
	}
	token, err := jose.ParseSignedCompact(envelope.Token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, invalid("The body has no token that is signed with RS256.")
	}
	return token.UnsafePayloadWithoutVerification(), nil
}

func parseHanko(c *caller, _ *connector.Call, claims []byte) (*reading, error) {
	d, err := parseDocument(claims)
	if err != nil {
		return nil, err
	}
	mail := d.object("data")
	r := &reading{key: string(claims)} // they are what is signed: a token can say the same in other ways
	switch {
	case d.text("evt") != "email.send":
		return &reading{nothing: connector.CallOtherEvent}, nil
	case mail["delivered_by_hanko"] == true:
		return &reading{nothing: connector.CallDeliveredByCaller}, nil
	case mail.text("type") == "":
		r.fault = invalid("The token has no data.type.")
	}
	values := mail.object("data")
	l := letter{
		to: mail.text("to_email_address"), sourceType: mail.text("type"), code: values.text("otp_code"),
		payload:    map[string]any{"data": values.without("otp_code")},
		linkValues: map[string]any{"data": map[string]any(values), "code": values.text("otp_code")},
		rendered: &deliveries.Rendered{
			Subject: mail.text("subject"), HTML: mail.text("body"),
			Text: html.UnescapeString(mail.text("body_plain")), // it went through an HTML renderer
		},
	}
	if template := values.text("template"); template != "" {
		l.sourceType += "/" + template
	}
	if !addLanguages(l.payload, firstText(mail, "language", "accept_language")) {
		c.addLanguages(l.payload, d)
	}
	if end, ok := values.number("valid_until"); ok {
		l.ends = time.Unix(end, 0)
	}
	r.letters = []letter{l}
	return r, nil
}
