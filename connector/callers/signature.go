package callers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

func unproven(reason connector.CallReason) error { return &connector.UnprovenError{Reason: reason} }

// webhookProof is the signature of Standard Webhooks (github.com/standard-webhooks, which
// is Svix's too): HMAC-SHA256 of id, timestamp and body.
type webhookProof struct {
	keys     [][]byte
	prefixes []string // of the names of headers; one whole family is enough
}

func newWebhookProof(s config.Caller, prefixes ...string) (proof, error) {
	p := &webhookProof{prefixes: prefixes}
	for _, secret := range s.Secrets {
		keys, err := config.WebhookKeys(secret)
		if err != nil {
			return nil, err
		}
		p.keys = append(p.keys, keys...)
	}
	return p, nil
}

// check implements [proof].
func (p *webhookProof) check(
	_ context.Context, call *connector.Call, now time.Time, tolerance time.Duration,
) ([]byte, error) {
	var reason error = &connector.UnprovenError{Reason: connector.CallMissingHeader}
	for _, prefix := range p.prefixes {
		if err := p.checkFamily(prefix, call, now, tolerance); err == nil {
			return call.Body, nil
		} else if err.Reason != connector.CallMissingHeader {
			reason = err
		}
	}
	return nil, reason
}

func (p *webhookProof) checkFamily(
	prefix string, call *connector.Call, now time.Time, tolerance time.Duration,
) *connector.UnprovenError {
	id, timestamp := single(call, prefix+"Id"), single(call, prefix+"Timestamp")
	signatures := strings.Join(call.Header[prefix+"Signature"], " ")
	if id == "" || timestamp == "" || signatures == "" {
		return &connector.UnprovenError{Reason: connector.CallMissingHeader}
	}
	if reason := checkTime(timestamp, now, tolerance); reason != "" {
		return &connector.UnprovenError{Reason: reason}
	}
	candidates := webhookSignatures(signatures)
	for _, key := range p.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(call.Body)
		if isAmong(mac.Sum(nil), candidates) {
			return nil
		}
	}
	return &connector.UnprovenError{Reason: connector.CallBadSignature}
}

// maxSignatures bounds the comparisons: one for each secret is what callers send.
const maxSignatures = 16

// webhookSignatures returns the signatures of a header "v1,BASE64 v1,BASE64". Supabase has
// a comma before each space. Other versions are skipped.
func webhookSignatures(header string) [][]byte {
	words := strings.FieldsFunc(header, func(r rune) bool { return r == ' ' || r == ',' })
	var all [][]byte
	for i := 0; i+1 < len(words) && len(all) < maxSignatures; i++ {
		if words[i] != "v1" {
			continue
		}
		if signature, err := base64.StdEncoding.DecodeString(words[i+1]); err == nil {
			all = append(all, signature)
		}
	}
	return all
}

// isAmong compares in a time that tells nothing of the bytes.
func isAmong(want []byte, candidates [][]byte) bool {
	found := false
	for _, c := range candidates {
		found = hmac.Equal(want, c) || found
	}
	return found
}

// checkTime returns why a Unix time, which is signed, is too far from now; "" if it is not.
func checkTime(text string, now time.Time, tolerance time.Duration) connector.CallReason {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strings.Trim(text, "0123456789") != "" || len(text) > maxSeconds {
		return connector.CallBadTimestamp
	}
	switch age := now.Sub(time.Unix(seconds, 0)); {
	case age > tolerance:
		return connector.CallStale
	case age < -tolerance:
		return connector.CallFuture
	}
	return ""
}

// maxSeconds is the number of digits of a Unix time for the next 30,000 years.
const maxSeconds = 12

// single returns the value of a header that is there once.
func single(call *connector.Call, name string) string {
	values := call.Header[http.CanonicalHeaderKey(name)]
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
