package app

import (
	"cmp"
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// conns are the callers' connections. They are bounded, as each takes some 18 KiB
// whether or not it is used. golang.org/x/net/netutil.LimitListener would bound them by
// accepting no more, so that whoever holds so many open keeps callers and probes out.
// Here a new connection always gets in, and the one that has waited longest goes, idle or
// not: a stranger's if there is one, else that of a caller that has sent, and never one
// whose send is in flight.
type conns struct {
	most  int
	open  prometheus.Gauge
	ended prometheus.Counter

	mu  sync.Mutex
	all map[net.Conn]*callerConn
	// Those that wait, of [net.Conn]; the first has waited longest.
	strangers, callers list.List
}

// callerConn is what is known of a connection.
type callerConn struct {
	fresh   bool          // it has not brought a whole request header yet
	waiting *list.List    // the one it is in, or is to be in after its send
	place   *list.Element // there; nil while its send is in flight
}

// probeConns are for probes and metrics, and for callers that wait for nothing but a
// refusal.
const probeConns = 64

// newConns bounds connections to two for each send that may be in flight, one that sends
// and one that is kept, and some for probes.
func newConns(maxInFlight int, reg prometheus.Registerer) *conns {
	c := &conns{
		most: 2*maxInFlight + probeConns,
		all:  map[net.Conn]*callerConn{},
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_connections",
			Help: "Connections of callers.",
		}),
		ended: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_connections_ended_total",
			Help: "Connections of callers ended to make room, those that had waited longest.",
		}),
	}
	reg.MustRegister(c.open, c.ended)
	return c
}

// track implements [http.Server.ConnState].
func (s *conns) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		if len(s.all) >= s.most {
			s.end()
		}
		s.all[c] = &callerConn{fresh: true, waiting: &s.strangers, place: s.strangers.PushBack(c)}
		s.open.Inc()
	case http.StateActive, http.StateIdle:
		if known := s.all[c]; known != nil {
			known.fresh = false
			if known.place != nil {
				known.waiting.MoveToBack(known.place)
			}
		}
	case http.StateHijacked, http.StateClosed:
		s.forget(c)
	}
}

// end ends the connection that has waited longest; the server notices.
func (s *conns) end() {
	first := cmp.Or(s.strangers.Front(), s.callers.Front())
	if first == nil {
		return
	}
	c, _ := first.Value.(net.Conn)
	s.forget(c)
	s.ended.Inc()
	_ = c.Close()
}

func (s *conns) forget(c net.Conn) {
	known := s.all[c]
	if known == nil {
		return
	}
	if known.place != nil {
		known.waiting.Remove(known.place)
	}
	delete(s.all, c)
	s.open.Dec()
}

type connKey struct{}

// context implements [http.Server.ConnContext].
func (s *conns) context(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// hold keeps the connection of a request from being ended until release is called.
func (s *conns) hold(ctx context.Context) (release func()) {
	c, _ := ctx.Value(connKey{}).(net.Conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.all[c]
	if known == nil || known.place == nil {
		return func() {}
	}
	known.waiting.Remove(known.place)
	known.waiting, known.place = &s.callers, nil
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.all[c] == known {
			known.place = known.waiting.PushBack(c)
		}
	}
}

// newConnGrace is how long, once the service ends, a connection may take to bring its
// first request. Callers open connections ahead of use, and [http.Server.Shutdown] alone
// would wait five seconds for each of those.
const newConnGrace = 250 * time.Millisecond

// closeNew closes the connections that have not brought a request.
func (s *conns) closeNew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, known := range s.all {
		if known.fresh {
			_ = c.Close() // the server notices and forgets it
		}
	}
}
