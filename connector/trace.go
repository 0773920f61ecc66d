package connector

import "context"

// Trace is the W3C trace context of a request (Trace Context, section 3): the
// values of the traceparent and tracestate headers, "" for none. It travels with
// the context and is passed on to Mailgun unchanged.
type Trace struct {
	Parent string
	State  string
}

// ID gives the trace id, 32 hexadecimal digits, or "" if there is none or the
// parent is malformed.
func (t Trace) ID() string {
	p := t.Parent // 00-<32 hex>-<16 hex>-<2 hex>
	if len(p) < 55 || p[2] != '-' || p[35] != '-' || p[52] != '-' || p[:2] == "ff" || len(p) > 55 && (p[:2] == "00" || p[55] != '-') {
		return ""
	}
	const hex, zeros = "0123456789abcdef", "00000000000000000000000000000000"
	id, span := p[3:35], p[36:52]
	if !madeOf(p[:2]+id+span+p[53:55], hex) || id == zeros || span == zeros[:16] {
		return ""
	}
	return id
}

type traceKey struct{}

// WithTrace gives a context that carries the trace.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf gives the trace that the context carries.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}
