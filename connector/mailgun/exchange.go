package mailgun

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

const (
	maxAnswer       = 64 << 10 // bytes read of an answer's body
	maxAnswerHeader = 16 << 10
)

// exchange is what mailgun-go does not tell of one request and its answer.
type exchange struct {
	conn       *conn       // opened ahead, until it is used
	wrote      atomic.Bool // the request began to be written: Mailgun may have the mail
	status     int         // 0 for no answer
	retryAfter string
	body       []byte
}

type exchangeKey struct{}

// exchangeOf gives the exchange that a request's context carries.
func exchangeOf(req *http.Request) *exchange {
	if ex, ok := req.Context().Value(exchangeKey{}).(*exchange); ok {
		return ex
	}
	return &exchange{}
}

// exchange writes a request and reads its answer. The answer's Close is set if
// the connection can't be used again.
func (c *conn) exchange(req *http.Request) (*http.Response, *bytes.Reader, error) {
	w := writers.Get().(*bufio.Writer)
	w.Reset(c)
	exchangeOf(req).wrote.Store(true)
	err := req.Write(w)
	if err == nil {
		err = w.Flush()
	}
	w.Reset(nil)
	writers.Put(w)
	// The mail may wait for its answer for seconds: nothing is to hold its body
	// meanwhile. The request is mailgun-go's and made for this one exchange, and
	// nobody repeats it, as redirects are not followed.
	req.Body, req.GetBody, req.Header = http.NoBody, nil, http.Header{}
	c.limit.N = maxAnswerHeader + maxAnswer
	if err != nil {
		return c.earlyAnswer(req, fmt.Errorf("writing the request: %w", err))
	}
	resp, err := c.answer(req)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	if n, _ := resp.Body.Read(make([]byte, 1)); n > 0 || c.reader.Buffered() > 0 || c.leftOver() || resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Close = true // more than was asked for: it must not answer the next request
	}
	return resp, bytes.NewReader(body), nil
}

// leftOver reports whether a TLS connection has data that it has deciphered
// already; a look at the socket, as alive takes it, would not find those.
func (c *conn) leftOver() bool {
	if c.Conn == c.raw {
		return false
	}
	_ = c.SetReadDeadline(time.Unix(1, 0)) // the pool lifts it
	n, err := c.Read(make([]byte, 1))
	return n > 0 || !errors.Is(err, os.ErrDeadlineExceeded)
}

// earlyAnswerTime is what is left to a server that refuses a request before it
// has read all of it.
const earlyAnswerTime = 100 * time.Millisecond

// earlyAnswer gives the refusal that came while a request was being written, or
// the error of writing if there is none.
func (c *conn) earlyAnswer(req *http.Request, writing error) (*http.Response, *bytes.Reader, error) {
	if errors.Is(writing, os.ErrDeadlineExceeded) {
		return nil, nil, writing
	}
	_ = c.SetReadDeadline(time.Now().Add(earlyAnswerTime))
	resp, err := c.answer(req)
	if err != nil || resp.StatusCode < 400 {
		return nil, nil, writing
	}
	resp.Close = true
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // as much as came
	return resp, bytes.NewReader(body), nil
}

// answer reads the header of the final answer, passing over interim ones
// (RFC 9110, section 15.2).
func (c *conn) answer(req *http.Request) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(c.reader, req)
		if err != nil || resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}
