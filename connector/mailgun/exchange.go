package mailgun

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
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
	if err != nil {
		return nil, nil, fmt.Errorf("writing the request: %w", err)
	}
	c.limit.N = maxAnswerHeader + maxAnswer
	resp, err := c.answer(req)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	if n, _ := resp.Body.Read(make([]byte, 1)); n > 0 || c.reader.Buffered() > 0 {
		resp.Close = true // more than was asked for
	}
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
