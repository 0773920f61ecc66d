package httpapi

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
)

// hooksPath is where identity servers call in their own languages.
const hooksPath = "/hooks/:name"

var (
	errNoCaller = echo.NewHTTPError(http.StatusNotFound, "The config has no caller of this name.")
	// errUnproven is the same whatever is wrong: who tries learns nothing of it.
	errUnproven = &connector.Error{
		Code:    connector.AuthorizationFailed,
		Message: "The call does not prove that it comes from this caller.",
		Hint:    "The reason is in the log of the service.",
	}
)

// took is the answer to a call that is done with.
type took struct {
	Status string `json:"status"`
}

// hook takes a call of an identity server: proves it, finds out what it asks for, and sends
// that as /send-code does. Nothing is looked into before it is proven.
func (s *server) hook(c echo.Context) error {
	name := c.Param("name")
	caller, ok := s.Callers()[name]
	if !ok {
		return errNoCaller
	}
	h := &hookCall{server: s, c: c, name: name, caller: caller}
	body, err := readAll(c, maxBody)
	if err != nil {
		h.doneFor("invalid", connector.CallUnreadable)
		return err
	}
	r := c.Request()
	order, err := caller.Read(r.Context(), &connector.Call{Method: r.Method, Header: r.Header, Body: body})
	if err != nil {
		return h.refuse(order, err)
	}
	h.prove()
	if order.UnknownType != "" {
		s.Logger.Warn("a caller has sent a type of mail that is not known here: map it with the caller's usage",
			"request_id", requestID(c), "caller", name, "type", order.UnknownType)
	}
	if order.Advice != "" {
		s.Logger.Warn("a caller could be set up better: "+order.Advice, "request_id", requestID(c), "caller", name)
	}
	if len(order.Mails) == 0 {
		h.doneFor("nothing", order.Nothing)
		s.Logger.Info("nothing to send", "request_id", requestID(c), "caller", name, "reason", order.Nothing)
		return c.JSON(http.StatusOK, took{"nothing"})
	}
	h.told.Type = order.Mails[0].SourceType
	return h.answer(h.send(order), order.Mails[0].Request)
}

// hookCall is a call on its way.
type hookCall struct {
	*server
	c      echo.Context
	name   string
	caller connector.Caller
	proven bool
	told   connector.CallRecord // what is remembered of it
}

// prove notes that the call is the caller's own.
func (h *hookCall) prove() {
	h.proven = true
	h.c.Set(authorizedKey, true)
}

// done counts what became of the call, and remembers it for the operator.
func (h *hookCall) done(outcome string) {
	h.Metrics.hooks.WithLabelValues(h.name, outcome).Inc()
	h.told.Outcome, h.told.RequestID = outcome, requestID(h.c)
	h.Health.Called(h.name, h.caller.Type(), h.proven, h.told)
}

// doneFor is done for a call that is not taken, or asks for nothing.
func (h *hookCall) doneFor(outcome string, reason connector.CallReason) {
	words := reason.Words()
	h.told.Reason, h.told.Detail, h.told.Hint = string(reason), words.What, words.Hint
	h.done(outcome)
}

// failed is done for a call whose mail was not sent, or that makes no sense.
func (h *hookCall) failed(outcome string, failure *connector.Error) {
	h.told.Reason, h.told.Detail, h.told.Hint = string(failure.Reason), failure.Message, failure.Hint
	h.done(outcome)
}

// refuse returns the error that tells the caller why its call is not taken. The order has
// whom a proven one was about.
func (h *hookCall) refuse(order *connector.Order, err error) error {
	unproven, ok := errors.AsType[*connector.UnprovenError](err)
	switch {
	case errors.Is(err, connector.ErrMethod):
		h.doneFor("invalid", connector.CallWrongMethod)
		h.c.Response().Header().Set(echo.HeaderAllow, http.MethodPost)
		return echo.ErrMethodNotAllowed
	case !ok: // proven, and makes no sense
		h.prove()
		failure := connector.ErrorOf(err)
		h.failed("invalid", failure)
		if order != nil {
			for _, mail := range order.Mails {
				h.recordRefused(h.c, mail.Request, failure)
			}
		}
		return err
	}
	h.Metrics.unproven.WithLabelValues(h.name, string(unproven.Reason)).Inc()
	if unproven.Later {
		h.doneFor("unchecked", unproven.Reason)
		return &connector.Error{
			Code: connector.General, Outcome: connector.NotSent, RetryAfter: time.Second, Err: unproven,
			Message: "The keys that prove the call can't be had at the moment; nothing was sent.",
		}
	}
	h.doneFor("unauthorized", unproven.Reason)
	h.c.Response().Header().Set(echo.HeaderWWWAuthenticate, realm)
	refused := *errUnproven
	refused.Err = unproven
	return &refused
}

// outcome is what became of a mail of a call.
type outcome struct {
	Queued bool
	err    *connector.Error // nil if it was sent or will be
}

// send sends what an order has and was not sent before. Of the same call that comes twice
// at once, the second waits for what becomes of the first.
func (h *hookCall) send(order *connector.Order) []outcome {
	shared, _, _ := h.calls.Do(order.Mails[0].IdempotencyKey, func() (any, error) {
		return h.sendOnce(order), nil
	})
	return shared.([]outcome)
}

// sendOnce is send for one call of those that come at once.
func (h *hookCall) sendOnce(order *connector.Order) []outcome {
	h.c.Set(beganKey, time.Now())
	all := make([]outcome, len(order.Mails))
	var fresh []*connector.Request
	var keys []string
	var places []int
	for i, mail := range order.Mails {
		kept, held := h.begin(mail.IdempotencyKey, order.KeyLife)
		if !held {
			all[i] = kept
			h.recordUntold(mail.Request, kept.err)
			continue
		}
		if mail.Life != 0 {
			mail.ExpiresAt = time.Now().Add(mail.Life)
		}
		keys = append(keys, mail.IdempotencyKey)
		mail.IdempotencyKey = storedKey(mail.IdempotencyKey, order.KeyLife)
		fresh, places = append(fresh, mail.Request), append(places, i)
	}
	if len(fresh) == 0 {
		return all
	}
	finished := false
	defer func() { // also after a panic: the keys must not stay taken
		for n, i := range places {
			h.finish(keys[n], all[i], finished)
		}
	}()
	results, errs := h.sendTogether(h.c, h.Connector(), fresh)
	for n, i := range places {
		all[i] = outcome{Queued: results[n].Queued, err: connector.ErrorOf(errs[n])}
	}
	finished = true
	return all
}

// recordUntold records a mail that was not sent as nobody could tell of its key. What became
// of the call's first try is that one's record.
func (h *hookCall) recordUntold(req *connector.Request, failure *connector.Error) {
	if failure != nil && (failure.Reason == connector.ReasonKeyBusy || failure.Reason == connector.ReasonKeyUnknown) {
		h.recordRefused(h.c, req, failure)
	}
}

// storedKey is the key of a mail's message, which outlives [idempotency.Life]: of a call
// that may honestly come again earlier it changes with the time.
func storedKey(key string, life time.Duration) string {
	if life >= idempotency.Life {
		return key
	}
	return key + "/" + strconv.FormatInt(time.Now().Unix()/int64(life.Seconds()), 10)
}

// keptOutcome is an outcome as it is kept for a repetition.
type keptOutcome struct {
	Queued bool             `json:"queued,omitempty"`
	Code   connector.Code   `json:"code,omitempty"` // of a refusal
	Reason connector.Reason `json:"reason,omitempty"`
	Status int              `json:"mailgunStatus,omitempty"`
}

// begin reserves a mail's key, or returns what became of it. Where that can't be told, the
// mail counts as not sent, and the caller as one who may try again.
func (h *hookCall) begin(key string, life time.Duration) (kept outcome, held bool) {
	answer, err := h.Idempotency.Begin(h.c.Request().Context(), key, sha256.Sum256([]byte(key)), life)
	switch {
	case errors.Is(err, idempotency.ErrElsewhere), errors.Is(err, idempotency.ErrBusy):
		return h.repeated(storedKey(key, life)), false
	case err != nil:
		return outcome{err: connector.ErrorOf(keyUnknown(err))}, false
	case answer == nil:
		return outcome{}, true
	}
	var k keptOutcome
	if err := json.Unmarshal(answer.Body, &k); err != nil {
		return outcome{err: connector.ErrorOf(err)}, false
	}
	kept.Queued = k.Queued
	if k.Code != "" {
		// an earlier version has kept no reason
		kept.err = connector.NewError(k.Code, connector.Refused, cmp.Or(k.Reason, connector.ReasonRefused))
		kept.err.MailgunStatus = k.Status
	}
	return kept, false
}

// errInProgress is the answer while another process is busy with the same call.
var errInProgress = &connector.Error{
	Code: connector.General, Reason: connector.ReasonKeyBusy, Outcome: connector.NotSent, RetryAfter: time.Second,
	Message: "The same call is still in progress; ask again in a moment.",
}

// repeated is what became of a mail whose first call another process holds, or died with.
func (h *hookCall) repeated(key string) outcome {
	if h.Messages == nil {
		return outcome{err: errInProgress}
	}
	receipt, err := h.Messages.Repeat(h.c.Request().Context(), key)
	if failure, told := errors.AsType[*connector.Error](err); told || err == nil {
		return outcome{Queued: receipt.Queued, err: failure}
	}
	unknown := *errInProgress // or the database does not answer
	unknown.Err = err
	return outcome{err: &unknown}
}

// finish keeps an outcome: what is sent or promised, and what Mailgun has refused. All
// else may come to something when it is tried again.
func (h *hookCall) finish(key string, o outcome, finished bool) {
	ctx, cancel := h.timed(h.c.Request().Context(), h.c)
	defer cancel()
	var answer *idempotency.Answer
	refused := o.err != nil && o.err.MailgunStatus != 0 && !o.err.Retryable()
	if finished && (o.err == nil || refused) {
		k := keptOutcome{Queued: o.Queued}
		if refused {
			k.Code, k.Reason, k.Status = o.err.Code, o.err.Reason, o.err.MailgunStatus
		}
		body, err := json.Marshal(k)
		if err == nil {
			answer = &idempotency.Answer{Status: http.StatusOK, ContentType: "application/json", Body: body}
		}
	}
	if err := h.Idempotency.Finish(ctx, key, answer); err != nil {
		h.Logger.Warn("an outcome could not be kept for its repetition", "request_id", requestID(h.c), "error", err)
	}
}

// answer tells the caller what became of its mails: the worst that may still be helped, or
// else the worst.
func (h *hookCall) answer(all []outcome, first *connector.Request) error {
	result := "sent"
	var failure *connector.Error
	for _, o := range all {
		if o.Queued {
			result = "queued"
		}
		if o.err != nil && (failure == nil || o.err.Retryable() && !failure.Retryable()) {
			failure = o.err
		}
	}
	if failure == nil {
		h.done(result)
		return h.c.JSON(http.StatusOK, took{result})
	}
	h.failed(hookOutcome(failure), failure)
	told := &connector.CallFailure{Error: failure, Status: status(failure), Notice: first.Notice}
	spoken := spokenLanguageOf(h.c, first.Languages())
	told.Sentence = spoken.say(sentenceFor(failure, failure, told.Status), failure.RetryAfter)
	code, body := h.caller.Answer(told)
	h.Logger.LogAttrs(h.c.Request().Context(), slog.LevelWarn, "a caller's mail was not sent",
		slog.String("request_id", requestID(h.c)), slog.String("caller", h.name),
		slog.String("outcome", hookOutcome(failure)), slog.Int("status", code))
	switch {
	case body != nil:
		return h.c.JSON(code, body)
	case code < http.StatusMultipleChoices:
		return h.c.JSON(code, took{"dropped"})
	}
	h.c.Set(loggedKey, true)
	return failure
}

// hookOutcome is a failure as the metric of calls names it.
func hookOutcome(failure *connector.Error) string {
	switch {
	case failure.Code == connector.TemplateNotFound:
		return "no_content"
	case errors.Is(failure, connector.ErrExpired):
		return "expired"
	}
	if failure.MailgunStatus != 0 && !failure.Retryable() {
		return "refused"
	}
	return outcomeOf(failure)
}
