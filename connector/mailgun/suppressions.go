package mailgun

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Suppressions are the lists of a config's domain. It implements
// [connector.Suppressions].
type Suppressions struct {
	client *mg.MailgunImpl
}

// NewSuppressions returns those of the domain that the config sends from.
func NewSuppressions(c *config.Config, client *Client) *Suppressions {
	return &Suppressions{newClient(c, client)}
}

// suppressionTimeout bounds each question.
const suppressionTimeout = 3 * time.Second

// askList makes one request of mailgun-go's. found is false where Mailgun knows no such entry.
func askList(ctx context.Context, request func(ctx context.Context) error) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, suppressionTimeout)
	defer cancel()
	ex, err := ask(ctx, request)
	said := answerText(ex.body)
	switch {
	case ex.status == http.StatusNotFound && !strings.Contains(strings.ToLower(said), "domain"):
		return false, nil
	case err == nil && json.Valid(ex.body): // what Mailgun does not know it answers with a text, and 200
		return true, nil
	}
	return false, suppressionError(ex, said, err)
}

// suppressionError says why Mailgun did not tell, or do as it was asked.
func suppressionError(ex *exchange, said string, err error) *connector.Error {
	reason, outcome := connector.ReasonListsFailed, connector.NotSent
	switch {
	case ex.status == http.StatusUnauthorized, ex.status == http.StatusForbidden:
		reason, outcome = connector.ReasonKeySendsOnly, connector.Refused
	case ex.status == http.StatusNotFound, ex.status/100 == 2:
		reason, outcome = connector.ReasonDomainNotFound, connector.Refused
	case ex.status == 0:
		reason = connector.ReasonListsSilent
	}
	failure := connector.NewError(connector.General, outcome, reason)
	failure.MailgunStatus, failure.MailgunMessage = ex.status, redact(said, nil)
	if reason == connector.ReasonDomainNotFound { // its words are of a mail
		failure.Message = "Mailgun does not know the domain."
	}
	if ex.status == 0 && err != nil {
		failure.Err = withoutAddress(err)
	}
	return failure
}

// Find implements [connector.Suppressions].
func (s *Suppressions) Find(ctx context.Context, address string) (all []connector.Suppression, err error) {
	target := url.PathEscape(address) // mailgun-go makes a path of it as it is
	for _, get := range []func(ctx context.Context) (connector.Suppression, error){
		func(ctx context.Context) (connector.Suppression, error) {
			bounce, err := s.client.GetBounce(ctx, target)
			return connector.Suppression{
				Kind: connector.SuppressedBounce, Since: time.Time(bounce.CreatedAt),
				Code:        redact(oneLine(bounce.Code), []string{address}),
				Description: redact(oneLine(bounce.Error), []string{address}),
			}, err
		},
		func(ctx context.Context) (connector.Suppression, error) {
			entry, err := s.client.GetUnsubscribe(ctx, target)
			return connector.Suppression{Kind: connector.SuppressedUnsubscribe, Since: time.Time(entry.CreatedAt)}, err
		},
		func(ctx context.Context) (connector.Suppression, error) {
			entry, err := s.client.GetComplaint(ctx, target)
			return connector.Suppression{Kind: connector.SuppressedComplaint, Since: time.Time(entry.CreatedAt)}, err
		},
	} {
		var entry connector.Suppression
		found, err := askList(ctx, func(ctx context.Context) (err error) {
			entry, err = get(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		if found {
			entry.Since = entry.Since.UTC()
			all = append(all, entry)
		}
	}
	return all, nil
}

// Lift implements [connector.Suppressions].
func (s *Suppressions) Lift(ctx context.Context, kind connector.SuppressionKind, address string) error {
	remove := map[connector.SuppressionKind]func(context.Context, string) error{
		connector.SuppressedBounce:      s.client.DeleteBounce,
		connector.SuppressedUnsubscribe: s.client.DeleteUnsubscribe,
		connector.SuppressedComplaint:   s.client.DeleteComplaint,
	}[kind]
	if remove == nil {
		return errors.New("no such kind of suppression")
	}
	found, err := askList(ctx, func(ctx context.Context) error { return remove(ctx, url.PathEscape(address)) })
	if err == nil && !found {
		return connector.ErrNoSuppression
	}
	return err
}
