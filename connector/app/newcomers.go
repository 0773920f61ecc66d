package app

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// patience is how long, once the service ends, a connection may take to bring
// its first request. Callers open connections ahead of use, and
// [http.Server.Shutdown] alone would wait five seconds for each of those.
const patience = 250 * time.Millisecond

// newcomers are the connections that have not brought a whole request header yet.
type newcomers struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// track implements [http.Server.ConnState].
func (n *newcomers) track(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if state != http.StateNew {
		delete(n.conns, c)
		return
	}
	if n.conns == nil {
		n.conns = map[net.Conn]struct{}{}
	}
	n.conns[c] = struct{}{}
}

// close cuts them off.
func (n *newcomers) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close() // the server notices and forgets it
	}
}
