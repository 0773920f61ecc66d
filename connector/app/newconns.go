package app

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// newConnGrace is how long, once the service ends, a connection may take to bring
// its first request. Callers open connections ahead of use, and
// [http.Server.Shutdown] alone would wait five seconds for each of those.
const newConnGrace = 250 * time.Millisecond

// newConns are the connections that have not brought a whole request header yet.
type newConns struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// track implements [http.Server.ConnState].
func (n *newConns) track(c net.Conn, state http.ConnState) {
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
func (n *newConns) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close() // the server notices and forgets it
	}
}
