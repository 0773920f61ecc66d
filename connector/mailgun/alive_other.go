//go:build !unix

package mailgun

import "net"

// alive reports whether an idle connection can be used. Where there is no way to
// look, each send opens its own.
func alive(net.Conn) bool { return false }
