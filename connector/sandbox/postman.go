package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
)

const (
	// atOnce is the number of tries that may be under way. Mailgun's is not
	// known; a service must not count on fewer, nor on order.
	atOnce = 8
	// maxAnswer is how much of an answer is read, in bytes, so that its
	// connection can be used again.
	maxAnswer = 64 << 10
)

// postman carries posts to the webhook. It runs from the first post on, so that
// a Sandbox without a webhook needs no Close.
type postman struct {
	client *http.Client
	bell   chan struct{} // rung when the queue has something new

	// running counts the postman's round and the tries under way.
	running sync.WaitGroup
	cancel  context.CancelFunc // nil until started; guarded by posts.mu
}

// newPostman has a client of its own: it follows no redirects, as a redirect is
// no 200, and uses no proxy, as the service is on this machine as a rule.
func newPostman() *postman {
	return &postman{
		bell: make(chan struct{}, 1),
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: atOnce},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// ring makes the postman look at the queue again.
func (pm *postman) ring() {
	select {
	case pm.bell <- struct{}{}:
	default: // it will look anyway
	}
}

// start sets the postman going, unless it is. The caller holds ps.mu.
func (pm *postman) start(ps *posts) {
	if pm.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	pm.cancel = cancel
	pm.running.Go(func() { pm.round(ctx, ps) })
}

// stop cuts the tries under way and waits until nothing runs. Nothing may start
// the postman any more.
func (pm *postman) stop() {
	if pm.cancel != nil {
		pm.cancel()
	}
	pm.running.Wait()
	pm.client.CloseIdleConnections()
}

// round tries each post when it is due, until ctx ends.
func (pm *postman) round(ctx context.Context, ps *posts) {
	hands := make(chan struct{}, atOnce)
	for {
		select {
		case hands <- struct{}{}:
		case <-ctx.Done():
			return
		}
		q, ok := pm.await(ctx, ps)
		if !ok {
			return
		}
		pm.running.Go(func() {
			defer func() { <-hands }()
			status, err := pm.try(ctx, ps.target(), q.Body)
			ps.finish(q, status, err)
		})
	}
}

// await returns the next post once it is due, and false when ctx ends before.
func (pm *postman) await(ctx context.Context, ps *posts) (queuedPost, bool) {
	for {
		q, ok, later := ps.next()
		if ok {
			return q, true
		}
		select {
		case <-later:
		case <-pm.bell:
		case <-ctx.Done():
			return queuedPost{}, false
		}
	}
}

// try posts a body once and returns the status of the answer, or 0 and why
// there was none.
func (pm *postman) try(ctx context.Context, w Webhook, body []byte) (int, error) {
	if !w.isSet() {
		return 0, ErrNoWebhook
	}
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return 0, withoutURL(err)
	}
	r.Header.Set("Content-Type", typeJSON)
	response, err := pm.client.Do(r)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // the status is all that counts
	return response.StatusCode, nil
}

// withoutURL takes the URL out of an error, as it may hold a secret.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
