package httpapi

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// strangers are the addresses that refused requests without a valid token come from. Each
// is slowed by itself. A right token is never slowed: it may come from the same address,
// through a proxy or a NAT.
type strangers struct {
	mu    sync.Mutex
	known map[netip.Prefix]*stranger
	rest  *stranger // all those for whom there is no room
}

type stranger struct {
	name  string
	brake brake
	tries tally // with a token that is none
}

const (
	maxStrangers  = 1024
	strangersNews = time.Minute
)

func newStrangers() *strangers {
	return &strangers{known: map[netip.Prefix]*stranger{}, rest: newStranger("others", nil)}
}

func newStranger(name string, idle func()) *stranger {
	return &stranger{name: name, brake: newBrake(), tries: tally{period: strangersNews, idle: idle}}
}

// at returns the stranger at a peer's address, who is forgotten after a minute of peace.
func (s *strangers) at(peer string) *stranger {
	address := addressOf(peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.known[address]
	switch {
	case x != nil:
	case len(s.known) >= maxStrangers:
		return s.rest
	default:
		x = newStranger(address.String(), func() { s.forget(address, x) })
		s.known[address] = x
	}
	return x
}

func (s *strangers) forget(address netip.Prefix, x *stranger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[address] == x {
		delete(s.known, address)
	}
}

// isStranger reports whether a request has proven nothing: it has no valid token, at
// whatever route, nor is it a report of Mailgun's, nor does the service go without tokens.
func (s *server) isStranger(c echo.Context) bool {
	return c.Get(authorizedKey) == nil && s.validToken(c.Request()) == nil
}

// slow holds the answer to a refused stranger up, if there have been many.
func (x *stranger) slow(c echo.Context) {
	x.tries.touch()
	x.brake.hold(c.Request().Context())
}

// noteToken counts a request without a valid token, which is in the log at most once a
// minute for an address.
func (s *server) noteToken(c echo.Context) {
	s.Metrics.wrongTokens.Inc()
	c.Set(loggedKey, true)
	x, request, route := s.strangers.at(c.Request().RemoteAddr), requestID(c), c.Path()
	x.tries.count(func(n int) {
		s.Logger.Warn("no valid token", slog.String("address", x.name), slog.Int("requests", n),
			slog.String("last_request_id", request), slog.String("last_route", route))
	})
}

// addressOf is whom a peer's address stands for: in IPv6 one has at least 2⁶⁴ of them.
func addressOf(peer string) netip.Prefix {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := at.Addr().Unmap().WithZone(""), 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits) // these lengths always fit
	return prefix
}
