//go:build unix

package mailgun

import (
	"net"
	"syscall"
)

// alive reports whether an idle connection can be used: neither has the server
// closed it nor sent something that nobody asked for. It looks without taking
// anything and without waiting.
func alive(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK //nolint:errorlint // an errno as the kernel gave it
		return true
	})
	return err == nil && quiet
}
