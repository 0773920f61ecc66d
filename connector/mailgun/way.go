package mailgun

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"

	"mailgun-connector/connector"
)

// mailText is of refusals that another account would repeat, whatever their status.
var mailText = regexp.MustCompile(`(?i)\b(?:template|suppress)`)

// wayRefused reports whether a refusal is about the endpoint, domain or key, so that the
// same mail may be taken elsewhere, and not about the mail or its recipient.
func wayRefused(status int, said string) bool {
	switch {
	case accountRefused(status, said):
		return true
	case mailText.MatchString(hostText.ReplaceAllString(said, "")):
		return false
	case status < http.StatusBadRequest: // no mail was taken, by whoever answers there
		return true
	}
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusProxyAuthRequired, http.StatusMisdirectedRequest:
		return true
	}
	return false
}

// Probe asks whether Mailgun would look at a mail, without one: it sends a request that
// has none. The error is nil if all that Mailgun misses is the mail, and what a send
// would fail with otherwise.
func (s *Sender) Probe(ctx context.Context) error {
	ex := &exchange{}
	url := s.client.APIBase() + "/" + s.client.Domain() + "/messages"
	req, err := http.NewRequestWithContext(ex.context(ctx), http.MethodPost, url, http.NoBody)
	if err != nil {
		return err
	}
	req.SetBasicAuth("api", s.client.APIKey())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Client().Do(req)
	if err == nil {
		_ = resp.Body.Close() // it is read already
	}
	var answer struct{ ID string }
	if ex.status/100 == 2 && json.Unmarshal(ex.body, &answer) == nil && answer.ID != "" {
		return nil
	}
	if v := classify(ctx, ex, err, []string{s.client.APIKey()}); v.failure.OfWay {
		return v.failure
	}
	return nil
}

var _ interface {
	connector.Sender
	Probe(context.Context) error
} = (*Sender)(nil)
