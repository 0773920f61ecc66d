package httpapi

import (
	"context"
	"time"

	"mailgun-connector/connector/health"
)

// Health is how the service is doing, as far as this process knows since it started.
type Health struct {
	Since     time.Time     `json:"since"`
	Hour      healthSummary `json:"hour"`
	Day       healthSummary `json:"day"`
	LastError *healthError  `json:"lastError"` // null for none
	// Queue is null without a database, and while that does not answer.
	Queue    *healthQueue   `json:"queue"`
	Webhooks healthWebhooks `json:"webhooks"`
}

type healthSummary struct {
	Outcomes  map[string]int `json:"outcomes"`
	Accepted  *healthTimes   `json:"accepted"` // null if there is none
	Delivered *healthTimes   `json:"delivered"`
}

type healthTimes struct {
	P50 float64 `json:"p50Ms"`
	P95 float64 `json:"p95Ms"`
}

type healthError struct {
	At time.Time `json:"at"`
	explained
	Status  int    `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

type healthQueue struct {
	Messages int     `json:"messages"`
	Oldest   float64 `json:"oldestSeconds"`
	Breaker  string  `json:"breaker"`
}

type healthWebhooks struct {
	Key     bool                 `json:"key"` // whether reports are taken
	Reports map[string]time.Time `json:"reports"`
}

func (s *server) healthOf(ctx context.Context) *Health {
	state := s.Health.State()
	h := &Health{
		Since: state.Since, Hour: summarize(state.Hour), Day: summarize(state.Day),
		Webhooks: healthWebhooks{Key: s.Webhook != nil && s.Webhook() != nil, Reports: state.Reports},
	}
	if last := state.Last; last != nil {
		h.LastError = &healthError{last.At, explained{last.Reason, last.Detail, last.Hint}, last.Status, last.Message}
	}
	if s.Queue != nil {
		if q, err := s.Queue(ctx); err == nil {
			h.Queue = &healthQueue{q.Messages, q.Oldest.Seconds(), q.Breaker}
		}
	}
	return h
}

func summarize(s health.Summary) healthSummary {
	return healthSummary{s.Outcomes, inMilliseconds(s.Accepted), inMilliseconds(s.Delivered)}
}

func inMilliseconds(t health.Times) *healthTimes {
	if t == (health.Times{}) {
		return nil
	}
	return &healthTimes{float64(t.P50.Microseconds()) / 1000, float64(t.P95.Microseconds()) / 1000}
}
