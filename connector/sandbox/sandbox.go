package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// defaultCapacity is the number of messages kept when [Config.Capacity] is 0.
const defaultCapacity = 1000

// Config says which Mailgun account the [Sandbox] plays. Names and addresses
// are compared without regard to case.
type Config struct {
	// APIKey is the one key that is let in, as password of user "api". Any
	// other is 401 "Forbidden". When empty, every request is refused.
	APIKey string
	// Domains are the sending domains. Any other is 401 "Forbidden" too, as
	// recorded in January 2025 (mailgun-ruby exceptions.yml; 404 until 2016).
	Domains []string
	// Templates are the names of the stored templates; nil means that every
	// template exists. Mailgun accepts a missing one with 200 and never
	// delivers the message (sargue/mailgun#41).
	Templates []string
	// Versions are the tags of stored templates' versions; a template that is not in the
	// map has every version.
	Versions map[string][]string
	// SendingKeys are keys that may send, and do nothing else.
	SendingKeys []string
	// States are those of domains that are not "active".
	States map[string]string
	// MissingRecords are the types of DNS records that Mailgun does not find, such as
	// "TXT".
	MissingRecords []string
	// Suppressed maps an address to Mailgun's failure code: 605 bounced, 606
	// unsubscribed, 607 complained. Its mail is accepted with 200, then fails.
	Suppressed map[string]int
	// Capacity is the number of messages kept, 1000 when 0 or less; the
	// oldest is dropped first.
	Capacity int
}

// Sandbox plays Mailgun. Make one with [New]; all methods may be called at the
// same time from several goroutines.
type Sandbox struct {
	config   Config
	lists    suppressed
	handler  http.Handler
	requests atomic.Int64
	faults   faults
	inbox    inbox
	hooks    registeredHooks
	webhook  atomic.Pointer[webhookSender]

	ctx   context.Context // ends with Close
	close context.CancelFunc
}

// New returns a Sandbox with an empty inbox, no faults and no webhook. The slices
// and the map in c belong to it from then on.
func New(c Config) *Sandbox {
	if c.Capacity < 1 {
		c.Capacity = defaultCapacity
	}
	s := &Sandbox{config: c, lists: suppressed{codes: c.Suppressed}, inbox: inbox{capacity: c.Capacity}}
	s.ctx, s.close = context.WithCancel(context.Background())
	s.SetWebhook(Webhook{})
	s.handler = s.routes()
	return s
}

// contains reports whether a list names something, without regard to case.
func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// Messages returns copies of the kept messages, oldest first.
func (s *Sandbox) Messages() []Message { return s.inbox.all() }

// Requests returns the number of POST requests that reached a messages route,
// refused and cut ones too, since the start or the last [Sandbox.Reset].
func (s *Sandbox) Requests() int { return int(s.requests.Load()) }

// Reset drops messages and faults, and counts no requests. Numbers go on and the
// webhook stays. Requests and reports on their way are not stopped.
func (s *Sandbox) Reset() {
	s.inbox.clear()
	s.SetFaults()
	s.requests.Store(0)
}

// SetFaults replaces the faults; with none, the Sandbox behaves well again.
// Of several, the first that hits a request decides, and those after it do not
// count that request. It panics when a fault makes no sense, as that is a
// mistake in the calling code.
func (s *Sandbox) SetFaults(list ...Fault) {
	if err := s.faults.set(list); err != nil {
		panic("sandbox: " + err.Error())
	}
}

// Close cuts every request that a [Fault] holds up, now and later; others are
// still answered. It ends all reports but those of [Sandbox.Report]. It always
// returns nil, and may be called more than once.
func (s *Sandbox) Close() error {
	s.close()
	s.webhook.Load().client.CloseIdleConnections()
	return nil
}
