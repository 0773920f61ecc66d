package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/deliveries"
)

// recordRefusal records a request to a recipient that came to no message.
func (s *server) recordRefusal(req *connector.Request, res connector.Result, err error) {
	failure, ok := errors.AsType[*connector.Error](err)
	if !ok {
		failure = connector.NewError(connector.Internal, connector.Refused, connector.ReasonInternal)
	}
	nobody := res.Recipient == connector.RecipientHash{}
	// What may have been sent all the same was not refused.
	if s.Refusals == nil || nobody || res.Stored || failure.Outcome == connector.Unknown {
		return
	}
	usageType := req.Type
	if !connector.IsUsageType(usageType) {
		usageType = "other"
	}
	s.Refusals.Refuse(connector.Refusal{
		Type: usageType, Source: res.Source, Recipient: res.Recipient, Test: req.Test,
		Reason: failure.Reason, Code: failure.Code,
	})
}

const (
	// recordedKey marks a request of whose outcome a record is left elsewhere.
	recordedKey = "recorded"
	// recipientKey is where a request that failed before it was sent has the hashes of its
	// recipients: the log has by them the cause that the record says in general.
	recipientKey = "recipient"
)

// recordUnsent records a request for a mail that failed before it came to sending: support
// looks for it by its recipient all the same.
func (s *server) recordUnsent(c echo.Context, p *problem, err error) {
	body, _ := c.Get(bodyKey).([]byte)
	if body == nil || s.Refusals == nil || c.Get(recordedKey) != nil || tokenOf(c) == nil ||
		p.Code == connector.AuthorizationFailed || s.SettingUp() {
		return
	}
	if req := requestIn(body, c.Path()); connector.CheckRecipient("to", req.To) == nil {
		s.recordRefused(c, req, refusalOf(err, p))
	}
}

// recordRefused is recordRefusal for a request that no mail was made of.
func (s *server) recordRefused(c echo.Context, req *connector.Request, failure *connector.Error) {
	if s.Refusals == nil {
		return
	}
	recipient := s.Connector().Recipient(req.To)
	before, _ := c.Get(recipientKey).(string)
	c.Set(recipientKey, strings.TrimSpace(before+" "+recipient.String()))
	s.recordRefusal(req, connector.Result{Recipient: recipient}, failure)
}

// named is what a record needs of a request's body.
type named struct {
	To   recipient       `json:"to"`
	Type json.RawMessage `json:"type"`
}

// namedByTest is the same of a test.
type namedByTest struct {
	To   recipient       `json:"email"`
	Type json.RawMessage `json:"type"`
}

// requestIn returns what a body for a route that sends says of recipient and usage type,
// whatever is wrong with the rest of it. It names nobody if it names two.
func requestIn(body []byte, route string) *connector.Request {
	dec := json.NewDecoder(bytes.NewReader(body))
	var in named
	var err error
	req := &connector.Request{}
	switch route {
	case sendCodePath:
		err = dec.Decode(&in)
	case testPath:
		var test namedByTest
		err = dec.Decode(&test)
		in, req.Test, req.Type = named(test), true, deliveries.Generic
	}
	if err != nil {
		return req
	}
	req.To = in.To.address
	var usageType string
	if json.Unmarshal(in.Type, &usageType) == nil && usageType != "" {
		req.Type = usageType
	}
	return req
}

// refusalOf is an error as a record has it.
func refusalOf(err error, p *problem) *connector.Error {
	reason := connector.ReasonRequest
	failure, _ := errors.AsType[*connector.Error](err)
	switch {
	case failure != nil && failure.Reason != "":
		return failure
	case errors.Is(err, idempotency.ErrReused):
		reason = connector.ReasonKeyReused
	case errors.Is(err, idempotency.ErrBusy), errors.Is(err, errKeyBusy):
		reason = connector.ReasonKeyBusy
	case p.Status == http.StatusServiceUnavailable:
		reason = connector.ReasonBusy
	case p.Status >= http.StatusInternalServerError:
		reason = connector.ReasonInternal
	}
	return connector.NewError(p.Code, connector.Refused, reason)
}
