package mailgun

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"mailgun-connector/connector"
)

// wayReasons are refusals of an endpoint, domain or key: the same mail may be taken
// elsewhere. What is refused for another reason, another account would refuse as well.
var wayReasons = []connector.Reason{
	connector.ReasonCredentials, connector.ReasonForbidden, connector.ReasonIPNotAllowed,
	connector.ReasonDomainNotFound, connector.ReasonDomainUnverified, connector.ReasonDomainDisabled,
	connector.ReasonSandboxDomain, connector.ReasonFreeAccount,
	connector.ReasonAccountDisabled, connector.ReasonAccountUnverified, connector.ReasonAccountLimit,
	connector.ReasonAccountRefused, connector.ReasonPayment,
	connector.ReasonNotMailgun, connector.ReasonRedirect,
}

// isOfWay reports whether a failure is of the endpoint, domain or key, and not of the mail
// or its recipient.
func isOfWay(failure *connector.Error) bool {
	return failure.Outcome != connector.Refused || slices.Contains(wayReasons, failure.Reason)
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
