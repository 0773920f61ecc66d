package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// sent is the answer to a send-code request.
type sent struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	ProviderID string `json:"providerId,omitempty"`
	Message    string `json:"message,omitempty"`
}

// sendCode takes a request as Logto's http-email connector sends it.
func (s *server) sendCode(c echo.Context) error {
	var req struct {
		connector.Request
		To        recipient `json:"to"` // these are in the place of the request's own
		ExpiresAt expiry    `json:"expiresAt"`
	}
	if err := decode(c, &req); err != nil {
		return err
	}
	req.Request.To, req.Request.ExpiresAt = req.To.address, req.ExpiresAt.Time
	req.IdempotencyKey, _ = c.Get(idempotencyKey).(string)
	answer, err := s.send(c, s.Connector(), &req.Request)
	if err != nil {
		return err
	}
	return answer.write(c)
}

// newSent is what a caller is told of a mail that is sent or will be.
func newSent(res connector.Result) *sent {
	answer := &sent{ID: res.ID, Status: "sent", ProviderID: res.ProviderID, Message: res.Message}
	if res.Queued {
		answer.Status = "queued"
	}
	return answer
}

func (s *sent) write(c echo.Context) error {
	if s.Status == "queued" {
		return c.JSON(http.StatusAccepted, s)
	}
	return c.JSON(http.StatusOK, s)
}

// loggedKey marks a request whose outcome stands in the log already.
const loggedKey = "logged"

// send sends through conn and records the outcome, or refuses when too many sends are
// in flight: a queue that nobody reads in time helps nobody. It goes on when the caller
// hangs up: the mail may be wanted all the same, and cutting it off would leave its
// outcome unknown.
func (s *server) send(c echo.Context, conn *connector.Connector, req *connector.Request) (*sent, error) {
	results, errs := s.sendTogether(c, conn, []*connector.Request{req})
	if errs[0] != nil {
		return nil, errs[0]
	}
	return newSent(results[0]), nil
}

// sendTogether is send for the mails of one call.
func (s *server) sendTogether(
	c echo.Context, conn *connector.Connector, reqs []*connector.Request,
) (results []connector.Result, errs []error) {
	c.Set(recordedKey, true)
	if !s.sends.take() {
		s.Metrics.sends.WithLabelValues("other", "busy").Inc()
		s.Health.Count("busy")
		for _, req := range reqs {
			if connector.CheckRecipient("to", req.To) == nil {
				s.recordRefusal(req, connector.Result{Recipient: conn.Recipient(req.To)}, errBusy)
			}
		}
		return make([]connector.Result, len(reqs)), slices.Repeat([]error{errBusy}, len(reqs))
	}
	s.Metrics.inFlight.Inc()
	release := s.Hold(c.Request().Context())
	defer func() {
		release()
		s.Metrics.inFlight.Dec()
		s.sends.leave()
	}()
	start := time.Now()
	ctx, cancel := s.timed(context.WithoutCancel(c.Request().Context()), c)
	defer cancel()
	if len(reqs) == 1 {
		res, err := conn.Send(ctx, reqs[0])
		results, errs = []connector.Result{res}, []error{err}
	} else {
		results, errs = conn.SendTogether(ctx, reqs)
	}
	for i, req := range reqs {
		if req.Test && results[i].Stored { // it can be followed there
			c.Response().Header().Set(echo.HeaderLocation, "/messages/"+results[i].ID)
		}
		s.record(c, &record{
			usageType: knownType(s.Connector(), req), caller: req.Caller, Result: results[i], err: errs[i],
			elapsed: time.Since(start),
		})
		if errs[i] != nil {
			s.recordRefusal(req, results[i], errs[i])
		}
	}
	return results, errs
}

// beganKey marks when a request began that has waited for its idempotency key.
const beganKey = "began"

// timed returns a send its time, whatever takes it: waiting for a database must not come
// on top of waiting for Mailgun.
func (s *server) timed(ctx context.Context, c echo.Context) (context.Context, context.CancelFunc) {
	if s.SendTimeout <= 0 {
		return ctx, func() {}
	}
	began, ok := c.Get(beganKey).(time.Time)
	if !ok {
		began = time.Now()
	}
	return context.WithDeadline(ctx, began.Add(s.SendTimeout))
}

// knownType is the usage type as logs and metrics name it: only the config's
// own, as a caller could make up any number of others.
func knownType(conn *connector.Connector, req *connector.Request) string {
	if conn.HasContent(req.Type) {
		return req.Type
	}
	return "other"
}
