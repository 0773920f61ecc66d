package httpapi

import (
	"context"
	"io"
	"time"

	"github.com/labstack/echo/v4"
)

// longBodies bounds how many bodies longer than common bytes are in memory at a time, as
// long as their requests take. Shorter ones, all that most callers send, are not counted:
// connections are bounded. Beyond the bound reading fails with busy.
func longBodies(common int64, most int, busy error) echo.MiddlewareFunc {
	free := newPlaces(most)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength >= 0 && r.ContentLength <= common {
				return next(c)
			}
			body := &longBody{ReadCloser: r.Body, ctx: r.Context(), left: common, places: free, busy: busy}
			r.Body = body
			defer body.leave()
			return next(c)
		}
	}
}

type longBody struct {
	io.ReadCloser
	ctx    context.Context //nolint:containedctx // of the body's own request
	left   int64           // to read before a place is needed
	places places
	taken  bool
	busy   error
}

// busyError is that of a body which there is no room for.
type busyError struct{ error }

// longBodyWait is how long a body waits for room.
const longBodyWait = time.Second

// Read implements [io.Reader].
func (b *longBody) Read(p []byte) (int, error) {
	if b.left <= 0 && !b.taken {
		if b.taken = b.places.await(b.ctx, longBodyWait); !b.taken {
			return 0, &busyError{b.busy}
		}
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

func (b *longBody) leave() {
	if b.taken {
		b.places.leave()
	}
}
