package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

var errNoDatabase = echo.NewHTTPError(http.StatusNotFound, "Messages are kept with --database only.")

// shownMessage is a message as the API shows it.
type shownMessage struct {
	connector.Message
	Attempts []shownAttempt    `json:"attempts"`
	Events   []connector.Event `json:"events"`
}

type shownAttempt struct {
	connector.Attempt
	Milliseconds int64 `json:"durationMs"`
}

func show(m connector.Message) shownMessage {
	shown := shownMessage{m, []shownAttempt{}, []connector.Event{}}
	for _, a := range m.Attempts {
		shown.Attempts = append(shown.Attempts, shownAttempt{a, a.Duration.Milliseconds()})
	}
	shown.Events = append(shown.Events, m.Events...)
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
	return c.JSON(http.StatusOK, show(m))
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
	Messages   []connector.Message `json:"messages"`
	NextCursor string              `json:"nextCursor,omitempty"`
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

func (s *server) messages(c echo.Context) error {
	if s.Messages == nil {
		return errNoDatabase
	}
	filter, err := readFilter(c)
	if err != nil {
		return err
	}
	var p page
	p.Messages, p.NextCursor, err = s.Messages.List(c.Request().Context(), filter, c.QueryParam("recipient"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func readFilter(c echo.Context) (connector.MessageFilter, error) {
	f := connector.MessageFilter{
		State: connector.State(c.QueryParam("state")), Type: c.QueryParam("type"), Limit: defaultLimit,
	}
	if f.State != "" && !slices.Contains(connector.States, f.State) {
		return f, badQuery(`"state" must be a state, such as "queued".`)
	}
	var err error
	if since := c.QueryParam("since"); since != "" {
		if f.Since, err = time.Parse(time.RFC3339, since); err != nil {
			return f, badQuery(`"since" must be a time like 2026-11-24T13:30:00Z.`)
		}
	}
	if cursor := c.QueryParam("cursor"); cursor != "" {
		id, err := uuid.Parse(cursor)
		if err != nil {
			return f, badQuery(`"cursor" must be the nextCursor of the page before.`)
		}
		f.Cursor = id.String()
	}
	if limit := c.QueryParam("limit"); limit != "" {
		if f.Limit, err = strconv.Atoi(limit); err != nil || f.Limit < 1 || f.Limit > maxLimit {
			return f, badQuery(`"limit" must be a number from 1 to 200.`)
		}
	}
	return f, nil
}

func badQuery(detail string) error {
	return &connector.Error{Code: connector.InvalidRequest, Message: detail}
}
