// Package tracecontext carries the W3C trace context of a request through the
// service. It knows neither HTTP servers nor clients: they read and write the
// headers.
package tracecontext

import (
	"context"
	"strings"
)

// Context is the W3C trace context of a request (Trace Context, section 3): the
// values of the traceparent and tracestate headers, "" for none. It is passed on
// to Mailgun unchanged.
type Context struct {
	Parent string
	State  string
}

// ID returns the trace id, 32 hexadecimal digits, or "" if there is none or the
// parent is malformed.
func (t Context) ID() string {
	p := t.Parent // 00-<32 hex>-<16 hex>-<2 hex>
	if len(p) < 55 || p[2] != '-' || p[35] != '-' || p[52] != '-' || p[:2] == "ff" ||
		len(p) > 55 && (p[:2] == "00" || p[55] != '-') {
		return ""
	}
	const zeros = "00000000000000000000000000000000"
	id, span := p[3:35], p[36:52]
	if strings.Trim(p[:2]+id+span+p[53:55], "0123456789abcdef") != "" || id == zeros || span == zeros[:16] {
		return ""
	}
	return id
}

type key struct{}

// With returns a context that carries the trace.
func With(ctx context.Context, t Context) context.Context {
	return context.WithValue(ctx, key{}, t)
}

// From returns the trace that the context carries.
func From(ctx context.Context) Context {
	t, _ := ctx.Value(key{}).(Context)
	return t
}
