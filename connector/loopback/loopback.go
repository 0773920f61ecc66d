// Package loopback tells hosts that name this machine from all others. It knows no
// network: no name is looked up.
package loopback

import (
	"net"
	"net/netip"
	"strings"
)

// Is reports whether a host, with or without a port, names this machine: localhost or an
// address of loopback. Nothing else will do where such a name stands in for a token: a
// page of evil.example, whose name is made to resolve to 127.0.0.1, could otherwise send
// mails, or change all of them.
func Is(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.Unmap().IsLoopback()
}
