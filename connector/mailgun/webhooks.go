package mailgun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// WebhookPath is where the service takes Mailgun's reports.
const WebhookPath = "/webhooks/mailgun"

// webhookKinds are those whose events change what is known of a message (API reference,
// webhooks).
var webhookKinds = []string{"delivered", "permanent_fail", "temporary_fail", "complained"}

const maxWebhooks = 3 // URLs of one kind (API reference, webhooks)

// WebhookChange is what one kind of webhook needs in order to report here.
type WebhookChange struct {
	Kind  string
	There bool     // nothing
	Full  bool     // one of the URLs must go first
	URLs  []string // that are registered for it now
}

// Webhooks returns what is missing for Mailgun to report to the doctor's URL, and with
// apply registers that, beside the URLs that are there.
func (d *Doctor) Webhooks(ctx context.Context, apply bool) ([]WebhookChange, error) {
	a := d.account(d.Config.Endpoint)
	changes, status := a.planWebhooks(ctx, d.URL)
	if changes == nil {
		return nil, webhookError(status)
	}
	if !apply {
		return changes, nil
	}
	for _, c := range changes {
		if c.There || c.Full {
			continue
		}
		ex, err := ask(ctx, func(ctx context.Context) error {
			if len(c.URLs) == 0 {
				return a.CreateWebhook(ctx, c.Kind, []string{d.URL})
			}
			return a.UpdateWebhook(ctx, c.Kind, append(slices.Clone(c.URLs), d.URL))
		})
		if err != nil {
			return changes, fmt.Errorf("registering the webhook %s: %w", c.Kind, webhookError(ex.status))
		}
	}
	return changes, nil
}

// planWebhooks compares what is registered with a URL, or with any that ends in
// [WebhookPath] if there is none. Without an answer to that it returns none, and the status.
func (a account) planWebhooks(ctx context.Context, target string) (_ []WebhookChange, status int) {
	var registered map[string][]string
	ex, err := ask(ctx, func(ctx context.Context) (err error) {
		registered, err = a.ListWebhooks(ctx)
		return err
	})
	if err != nil {
		return nil, ex.status
	}
	changes := make([]WebhookChange, len(webhookKinds))
	for i, kind := range webhookKinds {
		urls := registered[kind]
		there := slices.ContainsFunc(urls, func(u string) bool {
			return u == target || target == "" && strings.HasSuffix(u, WebhookPath)
		})
		changes[i] = WebhookChange{kind, there, !there && len(urls) >= maxWebhooks, urls}
	}
	return changes, ex.status
}

func webhookError(status int) error {
	switch status {
	case 0:
		return errors.New("there is no answer from Mailgun")
	case http.StatusUnauthorized, http.StatusForbidden:
		return errors.New("the key may not do that: it takes an account key of the domain's region")
	}
	return fmt.Errorf("status %d from Mailgun", status)
}

// WebhookURL returns the URL for reports of a service whose address callers from the
// internet use; the path is added if there is none. Mailgun is to call it, so it must be
// https.
func WebhookURL(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is no https address, such as https://codes.example.com", address)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = WebhookPath
	}
	return u.String(), nil
}
