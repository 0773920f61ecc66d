package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

var errNoDatabase = echo.NewHTTPError(http.StatusNotFound, "Messages are kept with --database only.")

// shownMessage is a message as the API shows it: what happened, why, and what to do.
type shownMessage struct {
	connector.Message
	explained
	Attempts []shownAttempt `json:"attempts"`
	Events   []shownEvent   `json:"events"`
}

type shownAttempt struct {
	connector.Attempt
	explained
	Milliseconds int64        `json:"durationMs"`
	Before       *shownBefore `json:"before,omitempty"`
}

// shownBefore is what the way came to that an attempt tried first.
type shownBefore struct {
	Status int `json:"status"`
	explained
}

func showAttempt(a connector.Attempt) shownAttempt {
	shown := shownAttempt{Attempt: a, explained: explain(a.Reason), Milliseconds: a.Duration.Milliseconds()}
	if a.BeforeReason != "" {
		shown.Before = &shownBefore{a.BeforeStatus, explain(a.BeforeReason)}
	}
	return shown
}

type shownEvent struct {
	connector.Event
	explained
}

// explained is a reason with its words.
type explained struct {
	Reason connector.Reason `json:"reason,omitempty"`
	Detail string           `json:"detail,omitempty"`
	Hint   string           `json:"hint,omitempty"`
}

func explain(r connector.Reason) explained {
	words := r.Words()
	return explained{r, words.What, words.Hint}
}

func show(m *connector.Message) shownMessage {
	shown := shownMessage{*m, explain(m.Why()), []shownAttempt{}, []shownEvent{}}
	for _, a := range m.Attempts {
		shown.Attempts = append(shown.Attempts, showAttempt(a))
	}
	for _, e := range m.Events {
		shown.Events = append(shown.Events, shownEvent{e, explain(e.Reason)})
	}
	return shown
}

// messageID returns the id in the path, if it can be one.
func (s *server) messageID(c echo.Context) (string, error) {
	if s.Messages == nil {
		return "", errNoDatabase
	}
	id, err := uuid.Parse(c.Param("id"))
	if err != nil {
		return "", errNoMessage
	}
	return id.String(), nil
}

// message answers with one message, its attempts and events.
func (s *server) message(c echo.Context) error {
	if c.Param("id") == "search" { // a path of its own, with a method of its own
		c.Response().Header().Set(echo.HeaderAllow, http.MethodPost)
		return echo.ErrMethodNotAllowed
	}
	id, err := s.messageID(c)
	if err != nil {
		return err
	}
	return s.showMessage(c, id)
}

func (s *server) showMessage(c echo.Context, id string) error {
	m, err := s.Messages.Get(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, show(&m))
}

func (s *server) retryMessage(c echo.Context) error {
	id, err := s.messageID(c)
	if err != nil {
		return err
	}
	if err := s.Messages.Retry(c.Request().Context(), id); err != nil {
		return err
	}
	return s.showMessage(c, id)
}

func (s *server) cancelMessage(c echo.Context) error {
	id, err := s.messageID(c)
	if err != nil {
		return err
	}
	if err := s.Messages.Cancel(c.Request().Context(), id); err != nil {
		return err
	}
	return s.showMessage(c, id)
}

// page is one page of messages, newest first.
type page struct {
	Messages   []shownMessage `json:"messages"`
	NextCursor string         `json:"nextCursor,omitempty"`
}

// messages answers with a page of what a query string asks for.
func (s *server) messages(c echo.Context) error {
	// A + that is not written as %2B is a space here, and neither an address nor a time
	// has a space.
	asked := func(name string) string { return strings.ReplaceAll(c.QueryParam(name), " ", "+") }
	q := messageQuery{
		To: asked("to"), Recipient: asked("recipient"), State: connector.State(asked("state")), Type: asked("type"),
		Since: asked("since"), Until: asked("until"), Cursor: asked("cursor"),
	}
	if limit := asked("limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil {
			return errBadLimit
		}
		q.Limit = &n
	}
	return s.listMessages(c, &q)
}

// searchMessages answers with a page of what a body asks for: of an address nothing is
// then in a URL, which proxies log.
func (s *server) searchMessages(c echo.Context) error {
	var q messageQuery
	if err := decode(c, &q); err != nil {
		return err
	}
	return s.listMessages(c, &q)
}

func (s *server) listMessages(c echo.Context, q *messageQuery) error {
	filter, address, err := q.filter()
	switch {
	case err != nil:
		return err
	case s.Messages == nil:
		return errNoDatabase
	}
	found, next, err := s.Messages.List(c.Request().Context(), filter, address)
	if err != nil {
		return err
	}
	p := page{Messages: make([]shownMessage, len(found)), NextCursor: next}
	for i := range found {
		p.Messages[i] = show(&found[i])
	}
	return c.JSON(http.StatusOK, p)
}
