package mailgun

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Suppressions are the lists of a config's domains. It implements
// [connector.Suppressions].
type Suppressions struct {
	ways []domainLists // the main one first
}

// domainLists are those of one domain.
type domainLists struct {
	way    connector.Way
	client *mg.MailgunImpl
}

// NewSuppressions returns those of the domain that the config sends from, and of its failover's
// if that is another. An address may be on the lists of one and not of the other.
func NewSuppressions(c *config.Config, client *Client) *Suppressions {
	s := &Suppressions{[]domainLists{{connector.MainWay, newClient(c, client)}}}
	if f := c.Failover; f != nil && (f.Endpoint != c.Endpoint || !strings.EqualFold(f.Domain, c.Domain)) {
		s.ways = append(s.ways, domainLists{connector.OtherWay, newClient(c.OtherWay(), client)})
	}
	return s
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
		failure.Message = reason.Cause() + "."
	}
	if ex.status == 0 && err != nil {
		failure.Err = withoutAddress(err)
	}
	return failure
}

// Find implements [connector.Suppressions].
func (s *Suppressions) Find(ctx context.Context, address string) (connector.Suppressed, error) {
	found, errs := make([][]connector.Suppression, len(s.ways)), make([]error, len(s.ways))
	var asking sync.WaitGroup
	for i, lists := range s.ways {
		asking.Go(func() { found[i], errs[i] = lists.find(ctx, address) })
	}
	asking.Wait()
	all := connector.Suppressed{Unknown: map[connector.Way]*connector.Error{}}
	for i, lists := range s.ways {
		if errs[i] != nil {
			all.Unknown[lists.way] = connector.ErrorOf(errs[i])
		}
		for _, entry := range found[i] {
			if len(s.ways) > 1 {
				entry.Way = lists.way
			}
			all.Entries = append(all.Entries, entry)
		}
	}
	if len(all.Unknown) == len(s.ways) {
		return connector.Suppressed{}, errs[0]
	}
	return all, nil
}

// find returns the entries of one domain.
func (d domainLists) find(ctx context.Context, address string) (all []connector.Suppression, err error) {
	target := url.PathEscape(address) // mailgun-go makes a path of it as it is
	for _, get := range []func(ctx context.Context) (connector.Suppression, error){
		func(ctx context.Context) (connector.Suppression, error) {
			bounce, err := d.client.GetBounce(ctx, target)
			return connector.Suppression{
				Kind: connector.SuppressedBounce, Since: time.Time(bounce.CreatedAt),
				Code:        redact(oneLine(bounce.Code), []string{address}),
				Description: redact(oneLine(bounce.Error), []string{address}),
			}, err
		},
		func(ctx context.Context) (connector.Suppression, error) {
			entry, err := d.client.GetUnsubscribe(ctx, target)
			return connector.Suppression{Kind: connector.SuppressedUnsubscribe, Since: time.Time(entry.CreatedAt)}, err
		},
		func(ctx context.Context) (connector.Suppression, error) {
			entry, err := d.client.GetComplaint(ctx, target)
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
func (s *Suppressions) Lift(
	ctx context.Context, way connector.Way, kind connector.SuppressionKind, address string,
) error {
	way = cmp.Or(way, connector.MainWay)
	i := slices.IndexFunc(s.ways, func(d domainLists) bool { return d.way == way })
	if i < 0 {
		return connector.ErrNoWay
	}
	client := s.ways[i].client
	remove := map[connector.SuppressionKind]func(context.Context, string) error{
		connector.SuppressedBounce:      client.DeleteBounce,
		connector.SuppressedUnsubscribe: client.DeleteUnsubscribe,
		connector.SuppressedComplaint:   client.DeleteComplaint,
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
