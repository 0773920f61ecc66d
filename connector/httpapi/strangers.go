package httpapi

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// strangers are the addresses that wrong tokens come from. Each is slowed and logged by
// itself. A right token is never slowed: it may come from the same address, through a
// proxy or a NAT.
type strangers struct {
	mu    sync.Mutex
	known map[netip.Prefix]*stranger
	rest  *stranger // all those for whom there is no room
}

type stranger struct {
	brake brake
	tries tally
}

const (
	maxStrangers  = 1024
	strangersNews = time.Minute
)

func newStrangers() *strangers {
	return &strangers{known: map[netip.Prefix]*stranger{}, rest: newStranger(nil)}
}

func newStranger(idle func()) *stranger {
	return &stranger{brake: newBrake(), tries: tally{period: strangersNews, idle: idle}}
}

// at returns the stranger at an address, who is forgotten after a minute without a try.
func (s *strangers) at(address netip.Prefix) *stranger {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.known[address]
	switch {
	case x != nil:
	case len(s.known) >= maxStrangers:
		return s.rest
	default:
		x = newStranger(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.known[address] == x {
				delete(s.known, address)
			}
		})
		s.known[address] = x
	}
	return x
}

// refuseToken slows a caller that has no valid token and says so in the log, at most once
// a minute for an address.
func (s *server) refuseToken(c echo.Context) {
	address := addressOf(c.Request().RemoteAddr)
	x := s.strangers.at(address)
	s.Metrics.wrongTokens.Inc()
	c.Set(loggedKey, true)
	request, route := requestID(c), c.Path()
	x.tries.count(func(n int) {
		who := address.String()
		if x == s.strangers.rest {
			who = "others"
		}
		s.Logger.Warn("no valid token", slog.String("address", who), slog.Int("requests", n),
			slog.String("last_request_id", request), slog.String("last_route", route))
	})
	x.brake.hold(c.Request().Context())
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
