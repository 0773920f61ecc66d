package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxTries is the number of tries that Mailgun makes
	// (documentation.mailgun.com, "Webhook retries").
	maxTries = 7
	// maxConns bounds the tries at one time, and postTimeout each of them.
	// Mailgun's are not known.
	maxConns    = 8
	postTimeout = 10 * time.Second
	// maxReply is how much of an answer is read, in bytes, so that its
	// connection can be used again.
	maxReply = 64 << 10
)

// The values of [Post.State].
const (
	PostPending  = "pending"
	PostDone     = "done"     // answered with 200
	PostRejected = "rejected" // answered with 406, so not tried again
	PostGivenUp  = "given-up" // never answered with either
)

// Post is an event on its way to the webhook.
type Post struct {
	Seq       int // from 1, in the order in which the events were made
	Message   int // the Seq of the message
	Event     string
	Recipient string
	State     string // one of the Post constants
	Tries     int    // that ended
	Status    int    // of the last try's answer, 0 for none
	Body      string // the same at every try
}

// webhookSender posts events to the webhook and keeps a record of it.
type webhookSender struct {
	client   *http.Client
	capacity int // posts to keep

	ctx     context.Context // ends with close
	cancel  context.CancelFunc
	running sync.WaitGroup // a goroutine for each pending post

	mu        sync.Mutex
	webhook   Webhook
	kept      []*Post       // oldest first
	last      int           // Seq of the newest post
	completed chan struct{} // closed when a post is completed, and replaced
}

// newWebhookSender has a client of its own: it follows no redirects, as a
// redirect is no 200, and uses no proxy, as the service is nearby.
func newWebhookSender(capacity int) *webhookSender {
	ctx, cancel := context.WithCancel(context.Background())
	return &webhookSender{
		client: &http.Client{
			Transport:     &http.Transport{MaxConnsPerHost: maxConns, MaxIdleConnsPerHost: maxConns},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       postTimeout,
		},
		capacity:  capacity,
		ctx:       ctx,
		cancel:    cancel,
		completed: make(chan struct{}),
	}
}

func (ws *webhookSender) target() Webhook {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.webhook
}

func (ws *webhookSender) setTarget(w Webhook) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.webhook = w
}

// report posts an event after a delay, which dates it, and returns the posts;
// none without a webhook and after close.
func (ws *webhookSender) report(m *Message, e Event, delay time.Duration) []Post {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.webhook.URL == "" || ws.ctx.Err() != nil {
		return nil
	}
	e, at := e.withDefaults(m), time.Now().Add(delay)
	body := encode(notification{sign(ws.webhook.SigningKey, at), newEventData(m, e, at)})
	list := make([]Post, e.Times)
	for i := range list {
		ws.last++
		list[i] = Post{Seq: ws.last, Message: m.Seq, Event: e.Event, Recipient: e.Recipient, State: PostPending, Body: body}
		p, w := list[i], ws.webhook
		if len(ws.kept) == ws.capacity {
			ws.kept = slices.Delete(ws.kept, 0, 1)
		}
		ws.kept = append(ws.kept, &p)
		ws.running.Go(func() { ws.run(&p, w, delay) })
	}
	return list
}

// run tries a post until it is completed.
func (ws *webhookSender) run(p *Post, w Webhook, wait time.Duration) {
	for {
		select {
		case <-time.After(wait):
		case <-ws.ctx.Done():
			return
		}
		if ws.complete(p, ws.try(w.URL, p.Body)) {
			return
		}
		wait = w.Retry
	}
}

// try posts a body once and returns the status of the answer, 0 if there was
// none.
func (ws *webhookSender) try(url, body string) int {
	r, err := http.NewRequestWithContext(ws.ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", typeJSON)
	response, err := ws.client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxReply) // the status is all that counts
	return response.StatusCode
}

// complete notes how a try ended, and reports whether it was the last.
func (ws *webhookSender) complete(p *Post, status int) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p.Tries++
	p.Status = status
	switch {
	case status == http.StatusOK:
		p.State = PostDone
	case status == http.StatusNotAcceptable:
		p.State = PostRejected
	case p.Tries == maxTries:
		p.State = PostGivenUp
	default:
		return false
	}
	close(ws.completed)
	ws.completed = make(chan struct{})
	return true
}

// posts returns copies, oldest first; never nil.
func (ws *webhookSender) posts() []Post {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	list := make([]Post, len(ws.kept))
	for i, p := range ws.kept {
		list[i] = *p
	}
	return list
}

// clear forgets all posts, and counts from 1 again. Pending ones go on.
func (ws *webhookSender) clear() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.kept, ws.last = nil, 0
}

// wait returns nil once n of the kept posts are completed.
func (ws *webhookSender) wait(ctx context.Context, n int) error {
	for {
		ws.mu.Lock()
		done, changed := 0, ws.completed
		for _, p := range ws.kept {
			if p.State != PostPending {
				done++
			}
		}
		ws.mu.Unlock()
		if done >= n {
			return nil
		}
		var err error
		select {
		case <-changed:
			continue
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-ws.ctx.Done():
			err = errors.New("the sandbox is closed")
		}
		return fmt.Errorf("waiting for %d posts, completed %d: %w", n, done, err)
	}
}

// close ends everything that runs, and waits for it.
func (ws *webhookSender) close() {
	ws.mu.Lock()
	ws.cancel()
	ws.mu.Unlock()
	ws.running.Wait()
	ws.client.CloseIdleConnections()
}
