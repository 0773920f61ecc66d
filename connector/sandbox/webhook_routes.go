package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// maxEvent is the limit of a POST /inbox/{n}/events body, in bytes.
const maxEvent = 64 << 10

func (s *Sandbox) listPosts(w http.ResponseWriter, _ *http.Request) {
	list := s.Posts()
	slices.Reverse(list)
	showPosts(w, list)
}

// postEvent answers with what will be posted.
func (s *Sandbox) postEvent(w http.ResponseWriter, r *http.Request) {
	m, ok := s.named(w, r)
	if !ok {
		return
	}
	e, err := readEvent(http.MaxBytesReader(w, r.Body, maxEvent))
	var list []Post
	if err == nil {
		list, err = s.report(&m, e)
	}
	switch {
	case errors.Is(err, ErrNoWebhook):
		refusal(http.StatusConflict, "%v", err).write(w)
	case err != nil:
		refusal(http.StatusBadRequest, "%v", err).write(w)
	default:
		showPosts(w, list)
	}
}

// readEvent reads exactly one JSON object.
func readEvent(r io.Reader) (Event, error) {
	var e *Event
	d := json.NewDecoder(r)
	if err := d.Decode(&e); err != nil {
		return Event{}, fmt.Errorf("reading an event: %w", err)
	}
	if _, err := d.Token(); e == nil || !errors.Is(err, io.EOF) {
		return Event{}, errors.New("reading an event: want one JSON object and nothing else")
	}
	return *e, nil
}

func showPosts(w http.ResponseWriter, list []Post) {
	show(w, map[string][]Post{"posts": list})
}
